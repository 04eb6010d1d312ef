import { setTimeout as sleep } from 'node:timers/promises';

import type { Source } from '../../src/kernel/index.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { cleanUp, dataFolder, PRODUCTION, start, twilioEnv, type Program } from '../setup/process.js';
import { FakeSns, FakeTwilio, type Behaviour } from '../support/index.js';

jest.setTimeout(180_000);

const ROWS = 300;
let twilio: FakeTwilio;
let database: TestDatabase | undefined;
let env: Source;

beforeEach(async () => {
  twilio = await FakeTwilio.start();
  database = serverUrl ? await openTestDatabase() : undefined;
  env = {
    ...PRODUCTION,
    ...twilioEnv(twilio),
    ...(database?.url ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() }),
    SMS_PROVIDERS: 'twilio',
    SMS_PACE_PER_PROVIDER: 'twilio:100',
    SMS_DAILY_COST_LIMIT: '1000',
    SMS_ATTEMPT_TIMEOUT_MS: '1500',
    SMS_SEND_BUDGET_MS: '2500',
  };
});
afterEach(async () => {
  await cleanUp();
  await twilio.close();
  await database?.drop();
});

const phones = Array.from({ length: ROWS }, (_, n) => `+1212555${1_000 + n}`);
const upload = (program: Program, rows: readonly string[], query: string) =>
  program.call(
    'POST',
    `/v1/messages/batch?${query}`,
    rows.map((to, n) => JSON.stringify({ ref: String(n), to, body: 'Hello' })).join('\n'),
    {
      'content-type': 'application/x-ndjson',
    },
  );
async function ends(program: Program, id: string): Promise<void> {
  for (const end = Date.now() + 90_000; ; await sleep(200)) {
    const { body } = await program.call('GET', `/v1/messages/batch/${id}`);
    const { queued = 0, sending = 0 } = body.counts;
    if (body.status === 'done' && queued + sending === 0) return;
    if (Date.now() > end) throw new Error(JSON.stringify(body));
  }
}
function judge(mostTwice: number, texts: readonly { readonly to: string }[] = twilio.ledger): void {
  const times = new Map<string, number>();
  for (const { to } of texts) times.set(to, (times.get(to) ?? 0) + 1);
  expect([...times.keys()].sort()).toEqual(phones);
  expect(Math.max(...times.values())).toBeLessThanOrEqual(2);
  expect(texts.length - ROWS).toBeLessThanOrEqual(mostTwice);
}

it('loses no text of a process that is killed, and sends no more twice than were under way', async () => {
  twilio.script(...Array.from({ length: 2 * ROWS }, () => ({ kind: 'latency', ms: 100 }) as const));
  const first = await start(env);
  const { body } = await upload(first, phones, 'name=crash');
  let underWay = 0;
  for (let kills = 0; kills < 2; kills++) {
    const program = kills === 0 ? first : await start(env);
    const from = twilio.ledger.length;
    while (twilio.ledger.length < from + 40) await sleep(10);
    await program.stop('SIGKILL');
    underWay += 100; // as many as it hands over at once
  }
  const last = await start(env);
  await ends(last, body.id);
  judge(underWay);
});

it('brings every text by the other provider once, whoever dies between the two', async () => {
  const sns = await FakeSns.start();
  try {
    const [busy, lost, slow]: Behaviour[] = [
      { kind: 'status', status: 429 }, // has not the text
      { kind: 'accept-then-status', status: 503 }, // has it, and nobody can know
      { kind: 'latency', ms: 60 },
    ];
    // A third fails: too few for it to leave the rotation.
    twilio.script(...Array.from({ length: ROWS }, () => [busy!, slow!, slow!, lost!, slow!, slow!]).flat());
    sns.script(...Array.from({ length: 2 * ROWS }, () => ({ kind: 'latency', ms: 300 }) as const));
    const both = {
      ...env,
      SMS_PROVIDERS: 'twilio,aws-sns',
      AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000',
      AWS_SNS_SECRET_ACCESS_KEY: 'fake-secret',
      AWS_SNS_ENDPOINT: sns.url,
    };
    const first = await start(both);
    const { body } = await upload(first, phones, 'name=between');
    for (const [kills, program] of [first, undefined].entries()) {
      const killed = program ?? (await start(both));
      const from = sns.ledger.length;
      while (sns.ledger.length < from + 8) await sleep(5);
      await killed.stop('SIGKILL');
      expect([kills, sns.ledger.length < ROWS]).toEqual([kills, true]);
    }
    await ends(await start(both), body.id);
    const unknown = twilio.ledger.length + sns.ledger.length - ROWS;
    judge(unknown, [...twilio.ledger, ...sns.ledger]);
    // Both have it where the first took it and said nothing; else what was under way when somebody died.
    expect(unknown).toBeLessThanOrEqual(Math.ceil(ROWS / 6) + 2 * 100);
    // Whoever said 429 has not the text: the other has, and nobody lost it between them.
    expect(sns.ledger.length).toBeGreaterThan(ROWS / 6);
  } finally {
    await cleanUp();
    await sns.close();
  }
});

it('goes on with an upload that was cut off', async () => {
  const first = await start(env);
  const id = '0e0f3a52-6d6a-4c8a-9d57-0c2f9d7c1f10';
  const half = upload(first, phones, `id=${id}`);
  await sleep(30);
  await first.stop('SIGKILL');
  await half.catch(() => undefined);
  expect(twilio.ledger.length).toBeLessThanOrEqual(ROWS);
  const next = await start(env);
  const { status, body } = await upload(next, phones, `id=${id}`);
  expect([status, body.taken + body.repeated, body.refused]).toEqual([201, ROWS, 0]);
  await ends(next, id);
  judge(twilio.ledger.length - ROWS); // of what the first may have begun
});

(serverUrl ? it : it.skip)('is shared by several instances: one pace, no text twice, whoever dies', async () => {
  const programs = await Promise.all([1, 2, 3].map(() => start(env)));
  const { body } = await upload(programs[0]!, phones, 'name=shared');
  while (twilio.ledger.length < 100) await sleep(10);
  const before = twilio.ledger.length;
  await programs[1]!.stop('SIGKILL');
  await ends(programs[2]!, body.id);
  judge(100);
  const times = twilio.ledger.map(({ at }) => at).sort((a, b) => a - b);
  // 100 a second for all three together, whatever they do.
  for (const from of times)
    expect(times.filter((at) => at >= from && at < from + 1_000).length).toBeLessThanOrEqual(135);
  expect(before).toBeLessThan(ROWS);
});
