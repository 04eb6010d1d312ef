import { createHash } from 'node:crypto';

import { DEFAULT_POLICY, type ChallengeAnswer } from '../../src/fraud/index.js';
import { PhoneNumber, type Source } from '../../src/kernel/index.js';
import { TESTS } from '../setup/admin.js';
import { codeIn, startCluster, type Cluster, type Instance } from '../setup/instances.js';
import { onRedis, openTestRedis, type TestRedis } from '../setup/redis.js';

/** The nth phone of one block of 10,000, each ten in ten blocks of 1,000. */
const phone = (n: number, block = '+44740012') => `${block}${String((n * 1_009) % 10_000).padStart(4, '0')}`;
const EASY = { CHALLENGE_BITS: '8' };
/** Every text is one token: up to $0.05 it does not count for more. */
const PRICES_FILE = 'test/support/flat-prices.json';
const SERVED: Source = { SMS_RATE_LIMIT_PER_HOUR: '5', PRICES_FILE, ...EASY };

let cluster: Cluster;
let one: Instance;
const anyone = (index: number): Instance => cluster.instances[index % cluster.instances.length]!;
interface Failure {
  readonly code?: string;
  readonly retryAfterSecs?: number;
  readonly extensions?: {
    readonly challenge?: { readonly seed: string; readonly bits: number };
    readonly limit?: string;
  };
}
/** The value, or the error. */
const start = (to: string, challenge?: ChallengeAnswer, by = one) =>
  by.verifications.start({ phone: to, purpose: 'verification', channel: 'sms', challenge }).then(
    (state) => ({ state, error: undefined }),
    (error: Failure) => ({ state: undefined, error }),
  );
const codeOf = async (work: ReturnType<typeof start>) => (await work).error?.code ?? 'sent';
const ledger = () => [...cluster.twilio.ledger, ...cluster.sns.ledger];
/** A text that a busy machine made fail over is one code in two ledgers. */
const texts = () => new Set(ledger().map(({ to, body }) => `${to} ${body}`)).size;
const rows = <Row extends object>(text: string, values: unknown[] = []) =>
  cluster.data.database.query<Row>({ name: '', text }, values);
async function approve(to: string, by = one): Promise<void> {
  const { state } = await start(to, undefined, by);
  const sent = ledger().findLast((text) => text.to === to);
  expect(await by.verifications.check(state!.id, codeIn(sent?.body), 'tests')).toMatchObject({ valid: true });
}
function solve({ seed, bits }: { readonly seed: string; readonly bits: number }): ChallengeAnswer {
  for (let nonce = 0; ; nonce++) {
    const hash = createHash('sha256').update(`${seed}:${nonce}`).digest();
    if (Math.clz32(hash.readUInt32BE()) >= bits) return { seed, nonce: String(nonce) };
  }
}
async function open(count: number, env: Source): Promise<void> {
  cluster = await startCluster(count, { ...SERVED, ...env });
  one = cluster.instances[0];
}
afterEach(() => cluster.close());

describe('budgets that are enforced', () => {
  beforeEach(() => open(3, { FRAUD_MODE: 'enforce' }));

  it('let 10 texts into a block that nothing is known of, whatever 60 callers do at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, n) => start(phone(n), undefined, anyone(n))));
    expect(texts()).toBe(10);
    const refused = outcomes.flatMap(({ error }) => error ?? []);
    expect(refused).toHaveLength(50);
    for (const error of refused) {
      expect(error.code).toBe('RATE_LIMIT_EXCEEDED');
      expect(error.extensions?.limit).toBe('destination-budget');
      expect(error.retryAfterSecs).toBeGreaterThan(0);
    }
    await Promise.all(cluster.instances.map(({ decisions }) => decisions.settled()));
    const found = await rows(
      'SELECT verdict, refused, count(*)::int AS n FROM send_decisions GROUP BY 1, 2 ORDER BY 1',
    );
    expect(found).toEqual([
      { verdict: 'allow', refused: false, n: 10 },
      { verdict: 'deny', refused: true, n: 50 },
    ]);
    // One token has come back after an hour, not ten.
    await cluster.data.age(3_600);
    expect(await Promise.all([61, 62, 63].map((n) => codeOf(start(phone(n)))))).toContain('sent');
    expect(texts()).toBe(11);
  });

  it('let 4 texts into a block of 100', async () => {
    const near = Array.from({ length: 60 }, (_, n) => `+4474001234${String(n).padStart(2, '0')}`);
    await Promise.all(near.map((to, n) => start(to, undefined, anyone(n))));
    expect(texts()).toBe(4);
  });

  it('use nothing of a phone up when they refuse it', async () => {
    for (let n = 0; n < 10; n++) await start(phone(n));
    for (let times = 0; times < 8; times++) expect(await codeOf(start(phone(11)))).toBe('RATE_LIMIT_EXCEEDED');
    await cluster.data.age(3_600);
    expect((await start(phone(11))).state).toMatchObject({ sendsLeft: 4 });
  });

  it('do not ask about somebody who proved to hold the number', async () => {
    await approve(phone(99));
    for (let n = 0; n < 20; n++) await start(phone(n));
    expect(await codeOf(start(phone(21)))).toBe('RATE_LIMIT_EXCEEDED');
    expect(await codeOf(start(phone(99)))).toBe('sent');
    await cluster.data.age(91 * 86_400);
    await rows('UPDATE prefix_budgets SET tokens = 0, at = now()');
    expect(await codeOf(start(phone(99)))).toBe('RATE_LIMIT_EXCEEDED');
  });

  it('get almost three texts back for one that was answered by its code', async () => {
    await approve(phone(99));
    for (let n = 0; n < 12; n++) await start(phone(n));
    expect(texts()).toBe(10);
    await one.budgets.settle();
    await one.budgets.settle(); // gives back once
    for (let n = 12; n < 24; n++) await start(phone(n));
    expect(texts()).toBe(12);
  });

  it('are not charged for a text that surely nobody got', async () => {
    await Promise.all(Array.from({ length: 5 }, () => start('+447400123456')));
    expect(await codeOf(start('+447400123456'))).toBe('RATE_LIMIT_EXCEEDED'); // the phone's own limit, or its block of 100
    const [block] = await rows<{ tokens: number }>('SELECT tokens FROM prefix_budgets WHERE level = 3');
    expect(block!.tokens).toBeCloseTo(10 - texts(), 1);
  });

  it('block a prefix whose codes nobody enters, but for a probe each half hour', async () => {
    for (let n = 0; n < 10; n++) await start(phone(n));
    await one.budgets.settle();
    await one.budgets.trip();
    expect(await codeOf(start(phone(20)))).toBe('RATE_LIMIT_EXCEEDED');
    const blocked = () =>
      rows<{ level: number; strikes: number }>(
        'SELECT level, strikes FROM prefix_budgets WHERE blocked_until > now() ORDER BY 1',
      );
    expect(await blocked()).toEqual([]); // they are not five minutes old
    await cluster.data.age(301);
    await one.budgets.trip();
    expect(await blocked()).toEqual([
      { level: 2, strikes: 1 },
      { level: 3, strikes: 1 },
    ]);
    await rows('UPDATE prefix_budgets SET tokens = 10');
    expect(await codeOf(start(phone(20)))).toBe('RATE_LIMIT_EXCEEDED');
    await cluster.data.age(1_801);
    const burst = await Promise.all(
      Array.from({ length: 20 }, (_, n) => codeOf(start(phone(30 + n), undefined, anyone(n)))),
    );
    expect(burst.filter((code) => code === 'sent')).toHaveLength(1);
    await cluster.data.age(12 * 3_600);
    expect(await blocked()).toEqual([]);
  });

  it('start afresh when an operator says so', async () => {
    for (let n = 0; n < 10; n++) await start(phone(n));
    await cluster.data.age(301);
    await one.budgets.trip();
    expect((await one.office.status()).blocked).toMatchObject([{ country: 'GB' }, { country: 'GB' }]);
    expect(await one.office.unblock({ country: 'fr' }, TESTS)).toBe(0);
    expect(await one.office.unblock({ phone: PhoneNumber.parse(phone(11)) }, TESTS)).toBeGreaterThan(1);
    expect(await codeOf(start(phone(11)))).toBe('sent');
    expect((await one.office.status()).blocked).toEqual([]);
  });

  it('are not blocked again by what an operator forgave, but by what comes after', async () => {
    for (let n = 0; n < 10; n++) await start(phone(n));
    await one.budgets.settle();
    await cluster.data.age(301);
    await one.budgets.trip();
    expect((await one.office.status()).blocked).toHaveLength(2);
    await one.office.unblock({ country: 'gb' }, TESTS);
    await one.budgets.trip();
    expect((await one.office.status()).blocked).toEqual([]);
    for (let n = 10; n < 20; n++) expect(await codeOf(start(phone(n)))).toBe('sent');
    await one.budgets.settle();
    await one.budgets.trip();
    expect((await one.office.status()).blocked).toEqual([]);
    await cluster.data.age(301);
    await one.budgets.trip();
    expect((await one.office.status()).blocked).toMatchObject([{ strikes: 1 }, { strikes: 1 }]);
  });

  it('send nothing while the database is away', async () => {
    for (const { database } of cluster.instances) database.lost.add('start_guarded');
    expect(await codeOf(start(phone(1)))).toBe('DATABASE_UNAVAILABLE');
    expect(texts()).toBe(0);
  });

  it('outlive a change of the secret', async () => {
    for (let n = 0; n < 10; n++) await start(phone(n));
    const rotated = await startCluster(1, {
      ...{ ...SERVED, FRAUD_MODE: 'enforce', APP_SECRET: 'another secret of at least 32 bytes' },
      APP_SECRET_PREVIOUS: 'a test secret of more than 32 bytes',
    });
    Object.assign(rotated.instances[0].database, { inner: await cluster.data.another() });
    expect(await codeOf(start(phone(11), undefined, rotated.instances[0]))).toBe('RATE_LIMIT_EXCEEDED');
    await rotated.close();
  });
});

describe('budgets that are recorded', () => {
  beforeEach(() => open(2, {}));

  it('refuse nothing, and say what they would have refused', async () => {
    for (let n = 0; n < 30; n++) {
      expect(await codeOf(start(phone(n), undefined, anyone(n)))).toBe('sent');
      await one.budgets.settle();
    }
    const found = await rows(
      'SELECT verdict, refused, mode, count(*)::int AS n FROM send_decisions GROUP BY 1, 2, 3 ORDER BY 1',
    );
    expect(found).toEqual([
      { verdict: 'allow', refused: false, mode: 'record', n: 10 },
      { verdict: 'deny', refused: false, mode: 'record', n: 20 },
    ]);
  });

  it('tell what a policy would have blocked, saved, and blocked wrongly', async () => {
    for (let n = 0; n < 20; n++) await start(phone(n));
    await approve(phone(21));
    await rows('UPDATE send_decisions SET price_micros = 40000');
    await one.budgets.settle();
    const since = new Date(Date.now() - 86_400_000);
    const { total, countries } = await one.office.replay(since);
    expect(total).toEqual({ sends: 21, blocked: 11, challenged: 0, wronglyBlocked: 1, savedMicros: 440_000 });
    expect(countries).toEqual([{ country: 'GB', ...total }]);
    const levels = { ...DEFAULT_POLICY.levels, b4: { cap: 15, refill: 1, maxCap: 60 } };
    expect((await one.office.replay(since, { ...DEFAULT_POLICY, levels })).total).toMatchObject({ blocked: 6 });
  });

  it('keep neither number nor prefix', async () => {
    await start(phone(1));
    const [found] = await rows<{ text: string }>(
      'SELECT (SELECT string_agg(d::text, $1) FROM send_decisions d) || (SELECT coalesce(string_agg(b::text, $1), $1) FROM prefix_budgets b) AS text',
      [' '],
    );
    expect(found!.text).not.toMatch(/4474|7400/);
  });

  it('use no number of a country up that is switched off, and leave a note', async () => {
    expect(await codeOf(start('+18005551212'))).toBe('DESTINATION_NOT_ALLOWED');
    await one.decisions.settled();
    expect(await rows('SELECT country, verdict, reason, refused FROM send_decisions')).toEqual([
      { country: 'US', verdict: 'deny', reason: 'line_type', refused: true },
    ]);
    expect(texts()).toBe(0);
  });
});

describe('a challenge', () => {
  beforeEach(() => open(3, { FRAUD_MODE: 'challenge' }));

  const demanded = async (to: string) => {
    const { error } = await start(to);
    expect(error?.code).toBe('CHALLENGE_REQUIRED');
    return error!.extensions!.challenge!;
  };
  const exhausted = async () => {
    for (let n = 0; n < 10; n++) expect(await codeOf(start(phone(n)))).toBe('sent');
  };

  it('lets one text through for each that is solved, whoever asks at once', async () => {
    await exhausted();
    const answer = solve(await demanded(phone(20)));
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => codeOf(start(phone(20), answer, anyone(n)))),
    );
    expect(outcomes.filter((code) => code === 'sent')).toHaveLength(1);
    expect(texts()).toBe(11);
    expect(await codeOf(start(phone(20), answer))).toBe('CHALLENGE_REQUIRED');
  });

  it('is good for its phone only, for five minutes, and as we made it', async () => {
    await exhausted();
    const challenge = await demanded(phone(20));
    const answer = solve(challenge);
    expect(await codeOf(start(phone(21), answer))).toBe('CHALLENGE_REQUIRED');
    const forged = challenge.seed.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    expect(await codeOf(start(phone(20), solve({ seed: forged, bits: 8 })))).toBe('CHALLENGE_REQUIRED');
    expect(await codeOf(start(phone(20), { ...answer, nonce: 'x' }))).toBe('CHALLENGE_REQUIRED');
    expect(await codeOf(start(phone(20), { seed: '', nonce: '' }))).toBe('CHALLENGE_REQUIRED');
    const later = Date.now() + 301_000;
    const spy = jest.spyOn(Date, 'now');
    jest.useFakeTimers({
      doNotFake: [
        'setTimeout',
        'setInterval',
        'setImmediate',
        'nextTick',
        'performance',
        'queueMicrotask',
        'clearTimeout',
      ],
      now: later,
    });
    expect(await codeOf(start(phone(20), answer))).toBe('CHALLENGE_REQUIRED');
    jest.useRealTimers();
    spy.mockRestore();
    expect(await codeOf(start(phone(20), answer))).toBe('sent');
  });

  it('leaves a note when its answer is wrong', async () => {
    await exhausted();
    const challenge = await demanded(phone(20));
    const answer = { ...solve(challenge), nonce: 'x' };
    expect(await codeOf(start(phone(20), answer))).toBe('CHALLENGE_REQUIRED');
    await one.decisions.settled();
    expect(
      await rows(
        'SELECT country, verdict, refused, counted, challenge FROM send_decisions WHERE refused ORDER BY challenge',
      ),
    ).toEqual([
      { country: 'GB', verdict: 'deny', refused: true, counted: false, challenge: 'demanded' },
      { country: 'GB', verdict: 'challenge', refused: true, counted: false, challenge: 'failed' },
    ]);
  });

  it('buys no text beyond the limits of a phone', async () => {
    await exhausted();
    for (let n = 0; n < 5; n++) expect(await codeOf(start(phone(20), solve(await demanded(phone(20)))))).toBe('sent');
    expect(await codeOf(start(phone(20)))).toBe('RATE_LIMIT_EXCEEDED');
    expect(texts()).toBe(15);
  });
});

describe('a resend', () => {
  beforeEach(() => open(1, { FRAUD_MODE: 'enforce' }));

  const resend = (id: string, by = one) =>
    by.verifications.resend(id).then(
      () => undefined,
      (error: Failure) => error,
    );
  const records = () =>
    rows(
      'SELECT country, verdict, reason, refused, known, counted, uncharged, watch_until FROM send_decisions WHERE resend ORDER BY at',
    );
  const written = { country: 'GB', verdict: 'allow', reason: null, refused: false, known: false };
  const refused = { ...written, verdict: 'deny', refused: true };
  const uncounted = { counted: false, uncharged: 0, watch_until: null };
  const block = () =>
    rows("UPDATE prefix_budgets SET blocked_until = now() + interval '1 hour', probe_at = now() - interval '1 hour'");

  it('leaves a record with the id of its text, and is no second chance to be approved', async () => {
    const { state } = await start(phone(1));
    const tokens = () => rows('SELECT level, tokens FROM prefix_budgets ORDER BY 1');
    await one.budgets.settle();
    const before = await tokens();
    await cluster.data.age(31);
    await rows('UPDATE prefix_budgets SET at = now()');
    expect(await resend(state!.id)).toBeUndefined();
    expect(await records()).toEqual([{ ...written, ...uncounted }]);
    expect(await rows('SELECT 1 FROM send_decisions JOIN messages USING (id) WHERE resend')).toHaveLength(1);
    await one.budgets.settle();
    expect(await tokens()).toEqual(before);
    expect((await one.office.replay(new Date(0))).total).toMatchObject({ sends: 1 });
    // One that its cool-down refuses is no text.
    expect(await resend(state!.id)).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED' });
    expect(await records()).toHaveLength(1);
  });

  it('is refused, and that is written down, where texts have been switched off since', async () => {
    const { state } = await start(phone(1));
    await cluster.data.age(31);
    const closed = await startCluster(1, { ...SERVED, BLOCKED_COUNTRIES: 'GB' });
    const [by] = closed.instances;
    Object.assign(by.database, { inner: await cluster.data.another() });
    const error = await resend(state!.id, by);
    expect(error).toMatchObject({ code: 'DESTINATION_NOT_ALLOWED', extensions: { reason: 'country' } });
    await by.decisions.settled();
    await closed.close();
    expect(closed.twilio.ledger.length + closed.sns.ledger.length).toBe(0);
    expect(texts()).toBe(1);
    expect(await records()).toEqual([{ ...refused, ...uncounted, reason: 'country' }]);
  });

  it('is refused while a prefix of its number is blocked, even for a probe, and uses no limit up', async () => {
    const { state } = await start(phone(1));
    await cluster.data.age(31);
    await block();
    const error = await resend(state!.id);
    expect(error).toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', extensions: { limit: 'destination-budget' } });
    expect(error!.retryAfterSecs).toBeGreaterThan(3_000);
    await one.decisions.settled();
    expect(texts()).toBe(1);
    expect(await records()).toEqual([{ ...refused, ...uncounted, reason: 'conversion' }]);
    expect(await one.verifications.get(state!.id)).toMatchObject({ sendsLeft: 4 });
    await rows('UPDATE prefix_budgets SET blocked_until = now()');
    expect(await resend(state!.id)).toBeUndefined();
  });

  it('goes to somebody who proved to hold the number, but where the answer would tell a stranger', async () => {
    await approve(phone(1));
    await cluster.data.age(31);
    const { state } = await start(phone(1));
    await cluster.data.age(31);
    await block();
    await expect(one.verifications.resend(state!.id, undefined, null, true)).rejects.toMatchObject({
      code: 'RATE_LIMIT_EXCEEDED',
    });
    expect(await resend(state!.id)).toBeUndefined();
    await one.decisions.settled();
    expect((await records()).at(-1)).toEqual({ ...written, ...uncounted, known: true });
  });
});

it('a resend to a blocked prefix is only recorded where nothing is refused', async () => {
  await open(1, {});
  const { state } = await start(phone(1));
  await one.budgets.settle();
  await cluster.data.age(31);
  await rows("UPDATE prefix_budgets SET blocked_until = now() + interval '1 hour'");
  await one.verifications.resend(state!.id);
  expect(await rows('SELECT verdict, reason, refused FROM send_decisions WHERE resend')).toEqual([
    { verdict: 'deny', reason: 'conversion', refused: false },
  ]);
});

it('a challenge that no one can be asked for is a wait', async () => {
  await open(1, { FRAUD_MODE: 'challenge', CHALLENGE_PROVIDER: 'none' });
  for (let n = 0; n < 10; n++) await start(phone(n));
  const { error } = await start(phone(11));
  expect([error?.code, (error?.retryAfterSecs ?? 0) > 0]).toEqual(['RATE_LIMIT_EXCEEDED', true]);
});

it('a monitored country is never without its budgets', async () => {
  await open(1, { MONITORED_COUNTRIES: 'GB' });
  for (let n = 0; n < 10; n++) expect(await codeOf(start(phone(n)))).toBe('sent');
  expect(await codeOf(start(phone(11)))).toBe('CHALLENGE_REQUIRED');
  for (let n = 0; n < 15; n++) expect(await codeOf(start(phone(n, '+1415555')))).toBe('sent');
});

onRedis('limits in Redis', () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await openTestRedis();
    await open(3, { FRAUD_MODE: 'enforce', REDIS_URL: redis.url });
  });
  afterEach(() => redis.drop());

  it('get the hit back that a budget refused', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, n) => start(phone(n), undefined, anyone(n))));
    expect(texts()).toBe(10);
    for (let times = 0; times < 8; times++) expect(await codeOf(start(phone(70)))).toBe('RATE_LIMIT_EXCEEDED');
    await cluster.data.age(3_600);
    expect((await start(phone(70))).state).toMatchObject({ sendsLeft: 4 });
  });
});
