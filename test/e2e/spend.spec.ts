import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Source } from '../../src/kernel/index.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { credentials } from '../setup/instances.js';
import { cleanUp, dataFolder, PRODUCTION, start, tempFolder, type Program } from '../setup/process.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(90_000);

const [TWILIO, SNS] = [15_000, 20_000];
let twilio: FakeTwilio;
let sns: FakeSns;
let database: TestDatabase | undefined;
let env: Source;
let phones = 0;

beforeEach(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  database = serverUrl ? await openTestDatabase() : undefined;
  const prices = join(tempFolder(), 'prices.json');
  writeFileSync(prices, '{"twilio": {"US": 0.015}, "aws-sns": {"US": 0.02}}');
  env = {
    ...PRODUCTION,
    ...credentials(twilio, sns),
    ...(database?.url ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() }),
    PRICES_FILE: prices,
    SMS_COST_SHARE_FOR_KNOWN: '0',
    SMS_ATTEMPT_TIMEOUT_MS: '1500',
    SMS_SEND_BUDGET_MS: '2500',
  };
});
afterEach(async () => {
  await cleanUp();
  await Promise.all([twilio.close(), sns.close()]);
  await database?.drop();
});

const newPhones = (count: number) => Array.from({ length: count }, () => `+1212555${1_000 + phones++}`);
const billed = () => twilio.ledger.length * TWILIO + sns.ledger.length * SNS;
const until = async (holds: () => boolean | Promise<boolean>, ms: number) => {
  for (const end = performance.now() + ms; performance.now() < end && !(await holds()); ) await sleep(50);
};
const held = async () => {
  const text = 'SELECT coalesce(sum(held_micros), 0)::text AS held FROM spend_days';
  const [row] = (await database?.database.query<{ held: string }>({ name: '', text }, [])) ?? [];
  return Number(row?.held);
};
const statuses = async (answers: Promise<{ status: number; body: { code?: string } }[]>) =>
  (await answers).map(({ status, body }) => (status === 201 ? 'sent' : body.code));

const onServer = serverUrl ? it : it.skip;

onServer('three processes never exceed the cap, whatever their first provider does', async () => {
  env = { ...env, SMS_DAILY_COST_LIMIT: '0.60' };
  const programs = await Promise.all([1, 2, 3].map(() => start(env)));
  let most = 0;
  const watch = async () => {
    for (; most >= 0; await sleep(20)) most = Math.max(most, await held(), billed());
  };
  void watch().catch(() => undefined);
  const hammer = () => Promise.all(newPhones(45).map((phone, index) => programs[index % 3]!.send(phone)));
  twilio.script(
    ...Array.from({ length: 12 }, (_, index) =>
      index % 3 === 0
        ? ({ kind: 'ok' } as const)
        : ({ kind: index % 3 === 1 ? 'accept-then-status' : 'status', status: 500 } as const),
    ),
  );
  for (let round = 0; round < 4; round++) await statuses(hammer());
  twilio.heal();
  expect(await statuses(hammer())).toContain('COST_LIMIT_REACHED');
  expect(most).toBeLessThanOrEqual(600_000);
  expect(billed()).toBeGreaterThan(400_000);
  const end = await held();
  expect(end).toBeLessThanOrEqual(600_000);
  expect(billed()).toBeLessThanOrEqual(end);
  most = -1;
});

it('answers 429 with Retry-After until midnight UTC, and as much as it lets through', async () => {
  // No try is given up for slowness, and so repeated, on a busy machine.
  env = { ...env, SMS_ATTEMPT_TIMEOUT_MS: '10000', SMS_SEND_BUDGET_MS: '30000' };
  const program = await start({ ...env, SMS_PROVIDERS: 'twilio', SMS_DAILY_COST_LIMIT: '0.07' });
  for (const phone of newPhones(3)) expect((await program.send(phone)).status).toBe(201);
  const { status, headers, body } = await program.send(newPhones(1)[0]!);
  expect([status, body.code, body.limit]).toEqual([429, 'COST_LIMIT_REACHED', 'daily-cost']);
  const midnight = 86_400 - ((Date.now() / 1_000) % 86_400);
  expect(Math.abs(Number(headers.get('retry-after')) - midnight)).toBeLessThan(60);
  expect(billed()).toBe(45_000);

  // Who may ask what it costs: operators, with a key for that.
  for (const path of ['/v1/admin/spend', '/metrics']) {
    expect((await program.call('GET', path)).status).toBe(403);
    expect((await fetch(program.url + path)).status).toBe(401);
  }

  // Lowered, it refuses what would still fit; raised, it goes on where it was.
  await program.stop();
  const lower = await start({ ...env, SMS_PROVIDERS: 'twilio', SMS_DAILY_COST_LIMIT: '0.03' });
  expect((await lower.send(newPhones(1)[0]!)).status).toBe(429);
  await lower.stop();
  const higher = await start({ ...env, SMS_PROVIDERS: 'twilio', SMS_DAILY_COST_LIMIT: '0.10' });
  const answers = [];
  for (const phone of newPhones(4)) answers.push((await higher.send(phone)).status);
  expect(answers).toEqual([201, 201, 429, 429]); // 75 of 100, and one more may cost 30
  expect(billed()).toBe(75_000);
});

describe('after kill -9', () => {
  const killedAt = async (point: string): Promise<Program> => {
    const program = await start(
      { ...env, SMS_PROVIDERS: 'twilio', SMS_DAILY_COST_LIMIT: '0.10' },
      { preloads: ['failpoints'] },
    );
    const headers = { 'x-failpoint': point };
    const phone = newPhones(1)[0]!;
    program.call('POST', '/v1/verifications', { phone }, headers).catch(() => undefined);
    await until(() => program.stdout.includes(`held: ${point}`), 10_000);
    expect(program.stdout).toContain(`held: ${point}`);
    await program.stop('SIGKILL');
    return start({ ...env, SMS_PROVIDERS: 'twilio', SMS_DAILY_COST_LIMIT: '0.10' });
  };

  it.each([
    // The first may be out, so it is booked, and the one that replaces it, too.
    { at: 'before POST', texts: 1, left: 3 },
    { at: 'after POST', texts: 2, left: 3 },
    { at: 'before record_dispatch', texts: 2, left: 3 },
    { at: 'after record_dispatch', texts: 1, left: 4 },
    { at: 'before start_verification', texts: 0, left: 5 },
  ])('$at: what may be out stays booked, and no more is', async ({ at, texts, left }) => {
    const program = await killedAt(at);
    await until(() => twilio.ledger.length >= texts, 20_000);
    await sleep(1_500);
    expect(twilio.ledger).toHaveLength(texts);
    // By what is still let through: 100 in all, 15 a text, and the last needs room for its repeat.
    const answers = [];
    for (const phone of newPhones(7)) answers.push((await program.send(phone)).status);
    expect(answers.filter((status) => status === 201)).toHaveLength(left);
    expect(billed()).toBeLessThanOrEqual(100_000);
  });
});
