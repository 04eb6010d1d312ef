import { setTimeout as sleep } from 'node:timers/promises';

import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { cleanUp, dataFolder, PRODUCTION, start } from '../setup/process.js';
import { FakeSns, FakeTwilio, type Behaviour } from '../support/index.js';

jest.setTimeout(120_000);

const PHONE = '+14155552671';

describe('kill -9, and the same request again', () => {
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

  it.each<[string, Behaviour, () => boolean, number]>([
    ['after the provider took the text', { kind: 'latency', ms: 5_000 }, () => twilio.ledger.length === 1, 2],
    ['before the provider took the text', { kind: 'blackhole' }, () => twilio.requests === 1, 1],
  ])('%s: whoever asks again with the same key gets one verification', async (_, byTwilio, now, texts) => {
    twilio.behave(byTwilio);
    const where = database?.url ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() };
    // The lease is 5 s longer than the budget, and where another has to start first, it must outlast that.
    const budgets = { SMS_ATTEMPT_TIMEOUT_MS: '1000', SMS_SEND_BUDGET_MS: '15000' };
    const env = { ...PRODUCTION, ...where, ...credentials(twilio, sns), ...budgets };
    const before = await start(env);
    // On a server, the other instance is there all the time.
    const other = database?.url ? await start(env) : undefined;
    void before.send(PHONE, 'key').catch(() => undefined);
    await until(now, 10_000);
    await before.stop('SIGKILL');
    twilio.heal();

    const program = other ?? (await start(env));
    let answer = await program.send(PHONE, 'key');
    expect(answer.status).toBe(409);
    for (const end = performance.now() + 40_000; performance.now() < end && answer.status === 409; ) {
      await sleep(200);
      answer = await program.send(PHONE, 'key');
    }
    expect([answer.status, answer.headers.get('idempotency-replayed')]).toEqual([201, null]);
    await until(() => sent().length >= texts, 20_000);
    await sleep(2_000);
    // The text that Twilio took and could not confirm goes once more, by the other provider.
    expect(sent()).toHaveLength(texts);
    const codes = new Set(sent().map(({ body }) => codeIn(body)));
    expect(codes.size).toBe(1);
    const again = await program.send(PHONE, 'key');
    expect([again.body, again.headers.get('idempotency-replayed')]).toEqual([answer.body, 'true']);
    expect((await program.check(answer.body.id, [...codes][0] ?? '')).body.valid).toBe(true);
  });
});
