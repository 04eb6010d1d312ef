import { LineSplitter } from './line-splitter.js';
import { ElementSplitter } from './element-splitter.js';

/** One row as it came; undefined: it is longer than a row may be, and was passed over. */
export type RawRow = Buffer | undefined;

export interface Splitter {
  /** The rows that end in this chunk. @throws {NotAnArray} */
  push(chunk: Buffer): Iterable<RawRow>;
  /** The last row, if it has no end of its own. @throws {NotAnArray} */
  end(): Iterable<RawRow>;
}

export type RowFormat = 'ndjson' | 'json';

/** Memory is that of one row, however many there are. @param longest bytes of a row */
export const splitterFor = (format: RowFormat, longest: number): Splitter =>
  format === 'ndjson' ? new LineSplitter(longest) : new ElementSplitter(longest);
