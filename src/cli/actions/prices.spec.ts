import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Command } from 'commander';

import { UsageError } from '../usage-error.js';
import { pricesCommand } from '../commands/prices.command.js';

const folder = mkdtempSync(join(tmpdir(), 'sixdigit-import-'));
const out = join(folder, 'prices.json');
const csv = join(folder, 'rates.csv');

async function run(text: string | undefined, ...options: readonly string[]): Promise<void> {
  if (text !== undefined) writeFileSync(csv, text);
  const program = new Command();
  pricesCommand(program);
  const file = text === undefined ? join(folder, 'none.csv') : csv;
  await program.parseAsync(['prices', 'import', file, '--out', out, ...options], { from: 'user' });
}

beforeEach(() => {
  jest.spyOn(console, 'log').mockReturnValue();
  jest.spyOn(console, 'error').mockReturnValue();
});
afterEach(() => jest.restoreAllMocks());

it.each([
  ['no file', undefined, []],
  ['no country', 'ISO,Price\nUK,0.04\n', []],
  ['no columns', 'a,b\n1,2\n', []],
  ['an unknown provider', 'ISO,Price\nGB,0.04\n', ['--provider', 'twillio']],
  ['a price of 0', 'ISO,Price\nGB,0\n', []],
])('prices import writes nothing for %s', async (_, text, options) => {
  await expect(run(text, ...options)).rejects.toThrow(UsageError);
  expect(existsSync(out)).toBe(false);
});

it('prices import writes what it read beside what was there', async () => {
  writeFileSync(out, '{"default": 0.2, "twilio": {"US": 0.01}}');
  await run('ISO,Price\nGB,0.04\nUK,1\n');
  expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual({ default: 0.2, twilio: { US: 0.01, GB: 0.04 } });
  expect(console.error).toHaveBeenCalledWith(expect.stringMatching(/^line 3 is left out: "UK"/));
});
