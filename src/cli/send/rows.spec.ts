import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { UsageError } from '../usage-error.js';
import { rowsOf, type OutgoingRow, type RowOptions } from './rows.js';

const csv = join(mkdtempSync(join(tmpdir(), 'sixdigit-rows-')), 'people.csv');

async function read(text: string | Buffer, options: Partial<RowOptions> = {}): Promise<OutgoingRow[]> {
  writeFileSync(csv, text);
  const rows: OutgoingRow[] = [];
  for await (const row of rowsOf({ csv, body: 'Hello {name}', ...options })) rows.push(row);
  return rows;
}

it.each([
  ['as Excel writes it', '\ufeffphone,name\r\n+14155550101,"Ann ""A"", or so"\r\n', 'Hello Ann "A", or so'],
  ['semicolons and a line break in quotes', 'phone;name\n+14155550101;"José\r\nor Joe"\n\n', 'Hello José\r\nor Joe'],
  ['no end of the last line', 'phone,name\n+14155550101,Zoë', 'Hello Zoë'],
])('reads %s', async (_, text, body) => {
  expect(await read(text)).toEqual([{ ref: '1', to: '+14155550101', body }]);
});

it.each([
  ['Latin-1', Buffer.from('phone,name\n+14155550101,José\n', 'latin1')],
  ['UTF-16', Buffer.from('\ufeffphone,name\n+14155550101,José\n', 'utf16le')],
  ['a character that is cut off', Buffer.from('phone,name\n+14155550101,José').subarray(0, -1)],
])('refuses %s instead of writing to people whose names it cannot read', async (_, bytes) => {
  await expect(read(bytes)).rejects.toThrow('is not written in UTF-8');
});

it.each(['constructor', 'toString', '__proto__'])('takes {%s} for a column that is not there', async (name) => {
  await expect(read('phone,name\n+14155550101,Ann\n', { body: `Hello {${name}}` })).rejects.toThrow(UsageError);
  await expect(read('phone,name\n+14155550101,Ann\n', { to: name })).rejects.toThrow(UsageError);
});

it('gives up a row that has no end, whatever it is made of', async () => {
  await expect(read(`phone,name\n+14155550101,Ann\n${'x,'.repeat(2_000_000)}`)).rejects.toThrow(
    'The row that begins on line 3 never ends',
  );
  await expect(read(`phone,name\n"${'x'.repeat(100_000)}`)).rejects.toThrow('never ends');
});
