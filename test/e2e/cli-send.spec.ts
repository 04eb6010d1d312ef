import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Source } from '../../src/kernel/index.js';
import { cli } from '../setup/cli.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { cleanUp, dataFolder, PRODUCTION, start, tempFolder, twilioEnv, type Program } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(180_000);

let twilio: FakeTwilio;
let database: TestDatabase | undefined;
let env: Source;
let program: Program | undefined;

beforeEach(async () => {
  twilio = await FakeTwilio.start();
  database = serverUrl ? await openTestDatabase() : undefined;
  const prices = join(tempFolder(), 'prices.json');
  writeFileSync(prices, '{"twilio": {"US": 0.01, "DE": 0.1}}');
  env = {
    ...PRODUCTION,
    ...twilioEnv(twilio),
    ...(database?.url ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() }),
    ...{
      SMS_PROVIDERS: 'twilio',
      SMS_PACE_PER_PROVIDER: 'twilio:1000',
      PRICES_FILE: prices,
      SMS_DAILY_COST_LIMIT: '1000',
    },
  };
});
afterEach(async () => {
  await cleanUp();
  await twilio.close();
  await database?.drop();
});

function csvOf(lines: readonly string[]): string {
  const file = join(tempFolder(), 'people.csv');
  writeFileSync(file, lines.join('\r\n'));
  return file;
}
const people = Array.from({ length: 1_200 }, (_, n) => `+1212555${1_000 + n},"Ann ""${n}"", or so",order-${n}`);
const LIST = [
  '\ufeffphone,name,order',
  ...people.slice(0, 700),
  '12,nobody,order-x',
  ...people.slice(700),
  '+4915112345678,Änne,order-y',
  '',
  '+491511,Änne,order-z',
];
const ofProgram = () => ['--url', program!.url.replace('0.0.0.0', '127.0.0.1'), '--key', program!.key];

it('sends a file, tells of bad rows in a file, and goes on where it was', async () => {
  program = await start(env);
  const csv = csvOf(LIST);
  const args = ['send', '--csv', csv, '--body', 'Hello {name}', '--ref', 'order', ...ofProgram()];
  const dry = await cli([...args, '--dry-run']);
  expect([dry.code, dry.stderr.includes('%')]).toEqual([0, true]);
  expect(dry.stdout).toMatch(
    /US +1200 +1200 +\$12\.0000\nDE +1 +1 +\$0\.1000\nall +1201 +1201 +\$12\.1000\n2 rows have a fault: .*people\.csv\.errors\.csv\nNothing was sent\./,
  );
  expect(twilio.ledger).toHaveLength(0);

  const sent = await cli(args);
  expect([sent.code, sent.stderr]).toEqual([
    0,
    expect.stringMatching(/1201 rows are new, 0 were there before, 2 have a fault/),
  ]);
  expect(sent.stdout).toMatch(/is done: 1201 of 1201 texts begun\.\n +1201 accepted\n +2 rows were not sent/);
  expect(twilio.ledger).toHaveLength(1_201);
  expect(new Set(twilio.ledger.map(({ to }) => to)).size).toBe(1_201);
  expect(twilio.ledger.find(({ to }) => to === '+12125551007')?.body).toBe('Hello Ann "7", or so');
  const errors = readFileSync(`${csv}.errors.csv`, 'utf8').split('\n');
  expect(errors.slice(0, 3)).toEqual([
    'ref,row,code,detail,message',
    expect.stringMatching(/^order-x,701,INVALID_PHONE_FORMAT,/),
    expect.stringMatching(/^order-z,1203,INVALID_PHONE_FORMAT,/),
  ]);
  expect(sent.stdout + sent.stderr + errors.join()).not.toMatch(/\d{7}/);

  const again = await cli(args);
  expect(again.stderr).toMatch(/0 rows are new, 1201 were there before/);
  expect(twilio.ledger).toHaveLength(1_201);

  const [line] = (await cli(['batches', 'list', ...ofProgram()])).stdout.split('\n');
  expect(line).toMatch(/^[0-9a-f-]{36} {2}done$/);
  expect((await cli(['batches', 'cancel', line!.slice(0, 36), ...ofProgram()])).stderr).toMatch(/This batch is done/);
});

it('takes a file in without the program, which sends it when it is there', async () => {
  const csv = csvOf(['to;code', ...Array.from({ length: 20 }, (_, n) => `+1212555${3_000 + n};${n}`)]);
  const said = await cli(
    ['send', '--csv', csv, '--template', 'verification', '--map', 'code=code', 'brand=code', 'expiryMinutes=code'],
    env,
  );
  expect([said.code, said.stdout]).toEqual([0, expect.stringMatching(/is running: 0 of 20 texts begun/)]);
  expect(existsSync(`${csv}.errors.csv`)).toBe(false);
  expect(twilio.ledger).toHaveLength(0);
  program = await start(env);
  for (let waits = 0; waits < 300 && twilio.ledger.length < 20; waits++) await sleep(100);
  expect(twilio.ledger).toHaveLength(20);
});

it.each([
  ['no file', ['--csv', '/nowhere.csv', '--body', 'x'], /There is no file/],
  ['nothing to say', [], /Say what to send/],
  ['a column that there is not', ['--body', 'Hello {nome}'], /there is no column/],
  ['a batch that is no UUID', ['--body', 'x', '--batch', '12'], /is no UUID/],
  ['a key that there is not', ['--body', 'x', '--url', 'http://127.0.0.1:1'], /needs a key/],
])('refuses %s before anything is sent', async (_, args, said) => {
  const csv = args.includes('--csv') ? [] : ['--csv', csvOf(['phone,name', '+12125551000,x'])];
  const { code, stderr } = await cli(['send', ...csv, ...args], env);
  expect([code, stderr]).toEqual([64, expect.stringMatching(said)]);
});
