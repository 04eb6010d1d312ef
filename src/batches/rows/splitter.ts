/** One row as it came; undefined: it is longer than a row may be, and was passed over. */
export type RawRow = Buffer | undefined;

export interface Splitter {
  /** The rows that end in this chunk. @throws {NotAnArray} */
  push(chunk: Buffer): Iterable<RawRow>;
  /** The last row, if it has no end of its own. @throws {NotAnArray} */
  end(): Iterable<RawRow>;
}
