import { setTimeout as sleep } from 'node:timers/promises';

import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { cleanUp, dataFolder, PRODUCTION, start } from '../setup/process.js';
import { FakeSns, FakeTwilio, type Behaviour } from '../support/index.js';

jest.setTimeout(60_000);

const PHONE = '+14155552671';
const busy: Behaviour = { kind: 'status', status: 429 };

describe('kill -9', () => {
  let twilio: FakeTwilio;
  let sns: FakeSns;
  let database: TestDatabase | undefined;
  beforeEach(async () => {
    [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
    database = serverUrl ? await openTestDatabase() : undefined;
  });
  afterEach(async () => {
    await cleanUp();
    await Promise.all([twilio.close(), sns.close()]);
    await database?.drop();
  });

  const sent = () => [...twilio.ledger, ...sns.ledger];
  const until = async (holds: () => boolean, ms: number) => {
    for (const end = performance.now() + ms; performance.now() < end && !holds(); ) await sleep(50);
  };

  it.each<[string, Behaviour, Behaviour, () => boolean, number]>([
    [
      'after the provider took the text',
      { kind: 'latency', ms: 5_000 },
      { kind: 'ok' },
      () => twilio.ledger.length === 1,
      2,
    ],
    ['before the provider took the text', { kind: 'blackhole' }, { kind: 'ok' }, () => twilio.requests === 1, 1],
    ['while no provider takes it', busy, busy, () => sns.requests > 0, 1],
  ])('%s: the person gets one code, in one text or two, within 30 s', async (_, byTwilio, bySns, now, texts) => {
    twilio.behave(byTwilio);
    sns.behave(bySns);
    const where = database?.url ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() };
    // A short budget makes a short lease.
    const env = {
      ...PRODUCTION,
      ...where,
      ...credentials(twilio, sns),
      SMS_ATTEMPT_TIMEOUT_MS: '1000',
      SMS_SEND_BUDGET_MS: '3000',
    };
    const before = await start(env);
    void before.send(PHONE).catch(() => undefined);
    await until(now, 10_000);
    await before.stop('SIGKILL');
    twilio.heal();
    sns.heal();

    await start(env);
    await until(() => sent().length >= texts, 30_000);
    await sleep(2_000);
    expect(sent()).toHaveLength(texts);
    expect(new Set(sent().map(({ body }) => codeIn(body))).size).toBe(1);
  });
});
