import { LineSplitter } from './line-splitter.js';
import { ElementSplitter } from './element-splitter.js';
import type { Splitter } from './splitter.js';

export type { RawRow, Splitter } from './splitter.js';

export type RowFormat = 'ndjson' | 'json';

/** Memory is that of one row, however many there are. @param longest bytes of a row */
export const splitterFor = (format: RowFormat, longest: number): Splitter =>
  format === 'ndjson' ? new LineSplitter(longest) : new ElementSplitter(longest);
