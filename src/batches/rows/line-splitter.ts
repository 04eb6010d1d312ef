import type { RawRow, Splitter } from './splitter.js';

const NEWLINE = 0x0a;

/** A row a line; empty lines are none. */
export class LineSplitter implements Splitter {
  private parts: Buffer[] = [];
  private size = 0;

  constructor(private readonly longest: number) {}

  *push(chunk: Buffer): Iterable<RawRow> {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.take(chunk.subarray(from, at));
      yield* this.end();
      from = at + 1;
    }
    this.take(chunk.subarray(from));
  }

  *end(): Iterable<RawRow> {
    const [size, row] = [this.size, Buffer.concat(this.parts)];
    this.parts = [];
    this.size = 0;
    if (size > this.longest) yield undefined;
    else if (!isBlank(row)) yield row;
  }

  private take(part: Buffer): void {
    this.size += part.length;
    if (this.size > this.longest) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }
}

/** Spaces, tabs and carriage returns. */
const isBlank = (row: Buffer) => row.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
