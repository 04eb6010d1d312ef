import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import type { Source } from '../../src/kernel/index.js';
import { cli } from '../setup/cli.js';
import { cleanUp, dataFolder, PRODUCTION, start, tempFolder, twilioEnv } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(240_000);

let twilio: FakeTwilio;
let env: Source;
beforeEach(async () => {
  twilio = await FakeTwilio.start();
  env = {
    ...PRODUCTION,
    ...twilioEnv(twilio),
    DATA_DIR: await dataFolder(),
    PUBLIC_BASE_URL: 'https://verify.example.com',
  };
});
afterEach(async () => {
  await cleanUp();
  await twilio.close();
});

const PHONE = '+14155552671';
const LIVE = ['doctor', '--live', PHONE, '--yes', '--json'];

it('sends one text by the running program, and waits for the report', async () => {
  const program = await start(env);
  const url = `http://127.0.0.1:${program.port}`;
  twilio.reportsTo = url;
  twilio.reports = ['sent', 'delivered'];
  const talking = { SIXDIGIT_URL: url, SIXDIGIT_API_KEY: program.key };
  const { stdout } = await cli(LIVE, { ...env, ...talking });
  const { live } = JSON.parse(stdout) as { live: { message: { id: string } } };
  expect(live).toMatchObject({
    sent: true,
    took: true,
    report: 'came',
    message: { status: 'delivered', phone: '+******2671' },
  });
  expect(twilio.ledger.map(({ to }) => to)).toEqual([PHONE]);
  expect(stdout).not.toMatch(/4155552671|test-token/);

  const way = await cli(['messages', 'show', live.message.id], talking);
  expect([way.code, way.stderr]).toEqual([0, '']);
  expect(way.stdout).toMatch(
    /^[0-9a-f-]{36} {2}delivered {2}\+\*{6}2671 by sms\n {2}\S+ {2}asked for\n {2}\S+ {2}twilio: handed over by sms\n {2}\S+ {2}twilio: accepted, in \d+ ms\n {2}\S+ {2}twilio reports: delivered\n$/,
  );

  const begun = await cli(['verify', 'start', PHONE, '--json'], talking);
  const { id } = JSON.parse(begun.stdout) as { id: string };
  const code = /\d{6}/.exec(twilio.ledger.at(-1)!.body)![0];
  const wrong = code === '000000' ? '111111' : '000000';
  expect(await cli(['verify', 'check', id, wrong], talking)).toMatchObject({
    code: 1,
    stdout: 'wrong code: 4 more may be tried\n',
  });
  expect(await cli(['verify', 'check', id, code], talking)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^approved\neyJ/),
  });
});

it('sends it by itself where nothing runs, says that no report can come, and keeps to the limits', async () => {
  const { code, stdout } = await cli(['doctor', '--live', PHONE, '--yes'], env);
  expect(stdout).toMatch(
    /\nLive\n {2}[0-9a-f-]{36} {2}accepted {2}\+\*{6}2671 by sms\n[^]*twilio: accepted, in \d+ ms\n {2}No delivery report can come/,
  );
  expect([code, twilio.ledger.length]).toEqual([expect.any(Number), 1]);
  expect(stdout).not.toMatch(/4155552671/);
});

it('asks first, and sends nothing where there is nobody to ask', async () => {
  const { code, stderr } = await cli(['doctor', '--live', PHONE, '--json'], env);
  expect([code, stderr]).toEqual([64, expect.stringMatching(/--live asks before it sends.*\nAdd --yes/)]);
  const main = resolve(__dirname, '../../dist/cli/main.js');
  // On a terminal, where N is what no answer means.
  const command = `${process.execPath} ${main} doctor --live ${PHONE}`;
  const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
    cwd: tempFolder(),
    env: { ...env, PATH: process.env.PATH },
    input: '\n',
    encoding: 'utf8',
  });
  expect(stdout).toMatch(/Send one real text to \+\*{6}2671\? It is paid for\. \[y\/N\]/);
  expect(stdout).toMatch(/Live: nothing was sent, not agreed to\./);
  expect(stdout).toMatch(/\u001b\[3[123]m/); // a terminal has colours
  const plain = spawnSync('script', ['-qec', `${process.execPath} ${main} doctor`, '/dev/null'], {
    cwd: tempFolder(),
    env: { ...env, PATH: process.env.PATH, NO_COLOR: '1' },
    encoding: 'utf8',
  });
  expect(plain.stdout).not.toMatch(/\u001b\[3[123]m/);
  expect(twilio.ledger).toHaveLength(0);
});
