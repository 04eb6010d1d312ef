// The table, and what the aims say to it.
import { readFileSync, writeFileSync } from 'node:fs';

const [BEGIN, END] = ['<!-- bench: begin -->', '<!-- bench: end -->'];

const number = (digits) => (value) => (value === undefined ? '' : value.toFixed(digits));
const COLUMNS = [
  ['what', ({ what }) => what],
  ['who', ({ who }) => who],
  ['load', ({ load }) => load],
  ['a second', ({ perSecond }) => number(0)(perSecond)],
  ['p50 ms', ({ p50 }) => number(1)(p50)],
  ['p99 ms', ({ p99 }) => number(1)(p99)],
  ['CPU ms', ({ cpuMs }) => number(3)(cpuMs)],
  ['PostgreSQL CPU ms', ({ pgMs }) => number(3)(pgMs)],
  ['statements', ({ statements }) => number(1)(statements)],
  ['RSS MB', ({ rssMb }) => number(0)(rssMb)],
  ['x floor', (row, rows) => ratio(row, beside(rows, row, 'floor'))],
  ['x better-auth', (row, rows) => ratio(row, beside(rows, row, 'better-auth'))],
];

const beside = (rows, { what, load }, who) =>
  rows.find((row) => row.what === what && row.load === load && row.who === who);
const ratio = (row, base) => (base && base !== row && row.perSecond ? (row.perSecond / base.perSecond).toFixed(2) : '');

export function tableOf(rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const titles = COLUMNS.map(([title]) => title);
  return [
    line(titles),
    line(titles.map((_, index) => (index < 3 ? '---' : '---:'))),
    ...rows.map((row) => line(COLUMNS.map(([, cell]) => cell(row, rows)))),
  ].join('\n');
}

export function verdictsOf(verdicts) {
  const lines = verdicts.map(({ aim, measured, met }) => `| ${aim} | ${measured} | ${met ? 'yes' : '**no**'} |`);
  return ['| aim | measured | met |', '| --- | --- | --- |', ...lines].join('\n');
}

/** Puts `text` between the two markers of `file`. @throws when they are not there */
export function write(file, text) {
  const page = readFileSync(file, 'utf8');
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${file} has no ${BEGIN} ... ${END}`);
  writeFileSync(file, `${page.slice(0, begin + BEGIN.length)}\n\n${text}\n\n${page.slice(end)}`);
}
