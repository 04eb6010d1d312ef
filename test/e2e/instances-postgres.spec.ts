import { setTimeout as sleep } from 'node:timers/promises';

import type { Source } from '../../src/kernel/index.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { cleanUp, PRODUCTION, start, type Program } from '../setup/process.js';
import { onRedis, openTestRedis, type TestRedis } from '../setup/redis.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(90_000);

const PHONE = '+14155552671';
const onServer = serverUrl ? describe : describe.skip;

onServer('three processes on one PostgreSQL, with limits in the database', () => sameFor());
if (serverUrl) onRedis('three processes on one PostgreSQL, with limits in Redis', () => sameFor(openTestRedis));

function sameFor(openRedis?: () => Promise<TestRedis>): void {
  let twilio: FakeTwilio;
  let sns: FakeSns;
  let database: TestDatabase;
  let redis: TestRedis | undefined;
  let env: Source;
  let programs: readonly Program[];
  beforeEach(async () => {
    [twilio, sns, database, redis] = await Promise.all([
      FakeTwilio.start(),
      FakeSns.start(),
      openTestDatabase(),
      openRedis?.(),
    ]);
    env = { ...PRODUCTION, ...credentials(twilio, sns), DATABASE_URL: database.url, REDIS_URL: redis?.url };
    programs = await Promise.all([1, 2, 3].map(() => start(env)));
  });
  afterEach(async () => {
    await cleanUp();
    await Promise.all([twilio.close(), sns.close(), database.drop(), redis?.drop()]);
  });

  const texts = () => [...twilio.ledger, ...sns.ledger];
  /** A text that a busy machine made fail over is one code in two ledgers. */
  const codes = () => new Set(texts().map(({ body }) => body)).size;
  const sendAll = (phones: readonly string[]) =>
    Promise.all(phones.map((phone, index) => programs[index % programs.length]!.send(phone)));
  const phones = (count: number) => Array.from({ length: count }, (_, index) => `+1212555${1_000 + index}`);
  const until = async (holds: () => boolean, ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end && !holds(); ) await sleep(50);
  };

  it('send 5 texts to 60 callers at once, and none to those who ask after a restart', async () => {
    const answers = await sendAll(Array<string>(60).fill(PHONE));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(55);
    expect(codes()).toBe(5);
    await Promise.all(programs.map((program) => program.stop('SIGKILL')));
    programs = await Promise.all([1, 2, 3].map(() => start(env)));
    expect(new Set((await sendAll(Array<string>(6).fill(PHONE))).map(({ status }) => status))).toEqual(new Set([429]));
    expect(codes()).toBe(5);
  });

  it('share the outbox: what is queued goes out once, whoever queued it and whoever dies', async () => {
    for (const fake of [twilio, sns]) fake.behave({ kind: 'status', status: 429 });
    const answers = await sendAll(phones(12));
    expect(new Set(answers.map(({ body }) => body.delivery))).toEqual(new Set(['queued']));
    await programs[0]!.stop('SIGKILL');
    for (const fake of [twilio, sns]) fake.heal();
    await until(() => texts().length >= 12, 40_000);
    await sleep(3_000);
    expect(
      texts()
        .map(({ to }) => to)
        .sort(),
    ).toEqual(phones(12));
  });

  it('leave a text to who is at it, and take it over when that one is dead', async () => {
    twilio.behave({ kind: 'latency', ms: 2_500 });
    const begun = sendAll(phones(6)); // every process looks for due messages while these are under way
    expect(new Set((await begun).map(({ body }) => body.delivery))).toEqual(new Set(['accepted']));
    await sleep(1_500);
    expect(texts()).toHaveLength(6);

    twilio.behave({ kind: 'blackhole' });
    const asked = twilio.requests;
    void programs[0]!.send(PHONE).catch(() => undefined);
    await until(() => twilio.requests > asked, 10_000);
    await programs[0]!.stop('SIGKILL');
    await until(() => sns.ledger.length > 0, 40_000);
    await sleep(3_000);
    expect(sns.ledger.map(({ to }) => to)).toEqual([PHONE]);
    expect(codeIn(sns.ledger[0]?.body)).toMatch(/^\d{6}$/);
  });
}
