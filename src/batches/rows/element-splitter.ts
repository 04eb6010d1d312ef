import { NotAnArray } from '../batch.errors.js';
import type { RawRow, Splitter } from './splitter.js';

const [QUOTE, ESCAPE, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/**
 * The elements of one JSON array, cut at the commas between them. Only brackets and texts are understood: whether an element is JSON is
 * for whoever reads it. In UTF-8 none of these bytes is part of another character.
 */
export class ElementSplitter implements Splitter {
  private state: 'before' | 'within' | 'after' = 'before';
  private depth = 0;
  private inText = false;
  private escaped = false;
  private parts: Buffer[] = [];
  private size = 0;
  private isEmpty = true;
  private count = 0;

  constructor(private readonly longest: number) {}

  *push(chunk: Buffer): Iterable<RawRow> {
    let from = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.state !== 'within') {
        if (isSpace(byte)) continue;
        if (this.state === 'after' || byte !== OPEN_ARRAY) throw new NotAnArray();
        this.state = 'within';
        from = at + 1;
        continue;
      }
      if (this.inText) {
        if (this.escaped) this.escaped = false;
        else if (byte === ESCAPE) this.escaped = true;
        else if (byte === QUOTE) this.inText = false;
        continue;
      }
      if (byte === QUOTE) this.inText = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) this.depth++;
      else if (this.depth > 0) {
        if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) this.depth--;
      } else if (byte === COMMA || byte === CLOSE_ARRAY) {
        this.take(chunk.subarray(from, at));
        // `[]` has no element, `[,]` has two that are none.
        if (byte === COMMA || !this.isEmpty || this.count > 0) yield this.whole();
        from = at + 1;
        if (byte === CLOSE_ARRAY) this.state = 'after';
      } else if (byte === CLOSE_OBJECT) throw new NotAnArray();
      if (!isSpace(byte) && byte !== COMMA) this.isEmpty = false;
    }
    if (this.state === 'within') this.take(chunk.subarray(from));
  }

  *end(): Iterable<RawRow> {
    // One that was cut off must not be taken for whole.
    if (this.state !== 'after') throw new NotAnArray();
    yield* [];
  }

  private whole(): RawRow {
    const row = this.size > this.longest ? undefined : Buffer.concat(this.parts);
    this.parts = [];
    this.size = 0;
    this.isEmpty = true;
    this.count++;
    return row;
  }

  private take(part: Buffer): void {
    this.size += part.length;
    if (this.size > this.longest) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }
}
