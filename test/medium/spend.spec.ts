import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PhoneNumber } from '../../src/kernel/index.js';
import { PriceList, Pricing } from '../../src/sms/index.js';
import { SpendReport } from '../../src/spend/index.js';
import { CostLimitReached } from '../../src/verification/index.js';
import { TESTS } from '../setup/admin.js';
import { startCluster, type Cluster } from '../setup/instances.js';
import type { Source } from '../../src/kernel/index.js';

jest.setTimeout(60_000);

/** A cent and a half, and two cents: no sum of them is a sum of the other. */
const [TWILIO, SNS] = [15_000, 20_000];
const folder = mkdtempSync(join(tmpdir(), 'sixdigit-prices-'));
const PRICES_FILE = join(folder, 'prices.json');
writeFileSync(PRICES_FILE, '{"default": 9, "twilio": {"US": 0.015}, "aws-sns": {"US": 0.02}}');

let cluster: Cluster;
afterEach(() => cluster.close());

const up = async (dollars: string, env: Source = {}, count = 1) => {
  cluster = await startCluster(count, {
    PRICES_FILE,
    SMS_DAILY_COST_LIMIT: dollars,
    SMS_COST_SHARE_FOR_KNOWN: '0',
    ...env,
  });
  return cluster.instances;
};
const ONE_PROVIDER = { SMS_PROVIDERS: 'twilio' };
const phones = (count: number, from = 1_000) => Array.from({ length: count }, (_, index) => `+1212555${from + index}`);
const query = <Row extends object>(text: string) => cluster.data.database.query<Row>({ name: '', text }, []);
const held = async () =>
  Number(
    (await query<{ held: string }>('SELECT coalesce(sum(held_micros), 0)::text AS held FROM spend_days'))[0]?.held,
  );
/** By the rows: what is booked, and what is reserved for tries to come. */
const accounted = async () => {
  const [row] = await query<{ sum: string }>(`SELECT (SELECT coalesce(sum(cost_micros), 0) FROM attempts)
    + (SELECT coalesce(sum(reserved_micros), 0) FROM messages WHERE is_held)
    + (SELECT coalesce(sum(cost_micros), 0) FROM spend_erased) AS sum`);
  return Number(row?.sum);
};
/** By the carriers' own books. */
const billed = () => cluster.twilio.ledger.length * TWILIO + cluster.sns.ledger.length * SNS;
const start = (phone: string, instance = cluster.instances[0]) =>
  instance.verifications.start({ phone, purpose: 'login', channel: 'sms' });
const refused = (results: readonly PromiseSettledResult<unknown>[]) =>
  results.filter((result) => result.status === 'rejected' && result.reason instanceof CostLimitReached).length;
const until = async (holds: () => boolean | Promise<boolean>) => {
  for (const end = performance.now() + 20_000; performance.now() < end && !(await holds()); )
    await new Promise((resolve) => setTimeout(resolve, 50));
};

describe('the cap', () => {
  it('lets 60 callers at once have as many texts as there is money for, and not one more', async () => {
    await up('0.12', ONE_PROVIDER); // 8 texts; the last needs room for its one repeat, so 7 go out
    let left = phones(60);
    // Who is refused while others' repeats are still reserved asks again.
    for (let before = -1; before !== cluster.twilio.ledger.length; ) {
      before = cluster.twilio.ledger.length;
      const results = await Promise.allSettled(left.map((phone) => start(phone)));
      expect(await held()).toBeLessThanOrEqual(120_000);
      left = left.filter((_, index) => results[index]?.status === 'rejected');
      expect(refused(results)).toBe(left.length);
    }
    expect(cluster.twilio.ledger).toHaveLength(7);
    expect(billed()).toBe(105_000);
    expect(await held()).toBe(105_000);
    expect(await accounted()).toBe(105_000);
  });

  it('takes nothing of a caller whom it refuses', async () => {
    const [one] = await up('0.03'); // enough for one, not for the other after it
    const error = (await start('+14155552671').catch((thrown: unknown) => thrown)) as CostLimitReached;
    expect(error).toBeInstanceOf(CostLimitReached);
    const midnight = 86_400 - ((Date.now() / 1_000) % 86_400);
    expect(Math.abs(error.retryAfterSecs - midnight)).toBeLessThan(30);
    const [rows] = await query<Record<string, string>>(`SELECT (SELECT count(*) FROM verifications) AS verifications,
      (SELECT count(*) FROM messages) AS messages, (SELECT count(*) FROM limit_windows) AS windows, (SELECT count(*) FROM spend_days WHERE held_micros > 0) AS days`);
    expect(Object.values(rows ?? {}).map(Number)).toEqual([0, 0, 0, 0]);
    expect(one.rotation.suspended()).toEqual([]);
    expect(billed()).toBe(0);
  });

  it('of 0 refuses what costs, and nothing that is free', async () => {
    await up('0');
    await expect(start('+14155552671')).rejects.toBeInstanceOf(CostLimitReached);
    await cluster.close();
    await up('0', { SMS_PROVIDERS: 'mock' });
    await expect(start('+14155552671')).resolves.toMatchObject({ delivery: 'accepted' });
    expect(await query('SELECT 1 FROM spend_days')).toEqual([]);
  });

  it('counts what nobody has a price for as the worst case', async () => {
    await up('17.99'); // the list's default is $9, at each of the two
    await expect(start('+447400123456')).rejects.toBeInstanceOf(CostLimitReached);
    await expect(start('+14155552671')).resolves.toMatchObject({ delivery: 'accepted' });
  });

  it('keeps a share for phones that were approved in the last 90 days', async () => {
    await up('0.10', { ...ONE_PROVIDER, SMS_COST_SHARE_FOR_KNOWN: '50' });
    const known = phones(3, 2_000);
    for (const phone of [...known, '+12125553000']) {
      await start(phone);
      await query('UPDATE spend_days SET held_micros = 0');
    }
    // Whose keys those are, only the program knows.
    await query(`INSERT INTO phones (phone_key, approved_at)
      SELECT phone_key, now() - CASE row_number() OVER (ORDER BY created_at) WHEN 4 THEN interval '91 days' ELSE interval '89 days' END FROM verifications`);
    await query('UPDATE spend_days SET held_micros = 30000');
    await expect(start('+12125554000')).rejects.toBeInstanceOf(CostLimitReached); // 30 + 30 > 50
    await expect(start('+12125553000')).rejects.toBeInstanceOf(CostLimitReached);
    await expect(start(known[0]!)).resolves.toMatchObject({ delivery: 'accepted' });
    await expect(start(known[1]!)).resolves.toMatchObject({ delivery: 'accepted' }); // 60
    await expect(start(known[2]!)).resolves.toMatchObject({ delivery: 'accepted' }); // 75
    await expect(start(known[2]!)).rejects.toBeInstanceOf(CostLimitReached); // 90 + 30 > 100
  });

  it('holds for resends, which refuse without a trace', async () => {
    await up('0.06', ONE_PROVIDER);
    const { id } = await start('+14155552671');
    await cluster.data.age(31);
    await cluster.instances[0].verifications.resend(id);
    await cluster.data.age(61);
    const before = await query('SELECT sends, next_send_at FROM verifications');
    const all = await Promise.allSettled(
      Array.from({ length: 10 }, () => cluster.instances[0].verifications.resend(id)),
    );
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(billed()).toBe(45_000);
    await cluster.data.age(121);
    await expect(cluster.instances[0].verifications.resend(id)).rejects.toBeInstanceOf(CostLimitReached);
    expect((await query<{ sends: number }>('SELECT sends FROM verifications'))[0]?.sends).toBe(3);
    expect(before).toHaveLength(1);
    expect(await held()).toBe(45_000);
  });
});

describe('what was reserved', () => {
  it('is released when nothing went out', async () => {
    await up('1');
    for (const fake of [cluster.twilio, cluster.sns]) fake.behave({ kind: 'reject', code: '21211' });
    cluster.twilio.behave({ kind: 'reject', code: '21211' });
    await expect(start('+14155552671')).rejects.toThrow();
    expect(await held()).toBe(0);
    expect(await accounted()).toBe(0);
  });

  it('is settled at the price of whoever took the text', async () => {
    await up('1');
    cluster.twilio.behave({ kind: 'status', status: 429 });
    await start('+14155552671');
    expect(await held()).toBe(SNS);
    expect(billed()).toBe(SNS);
  });

  it('stays booked for a text that nobody knows about', async () => {
    await up('1');
    cluster.twilio.behave({ kind: 'accept-then-status', status: 500 });
    await start('+14155552671');
    expect(await held()).toBe(TWILIO + SNS);
    expect(billed()).toBe(TWILIO + SNS);
  });

  it('stays while the text waits for its turn, and is released when nobody wants it any more', async () => {
    const [one] = await up('1');
    for (const fake of [cluster.twilio, cluster.sns]) fake.behave({ kind: 'status', status: 429 });
    const { id } = await start('+14155552671');
    expect(await held()).toBe(TWILIO + SNS);
    await one.verifications.cancel(id);
    await cluster.data.age(5);
    await until(async () => (await held()) === 0);
    expect(await held()).toBe(0);
  });

  it('never exceeds the cap while the primary fails in every way', async () => {
    await up('0.30', { SMS_ATTEMPT_TIMEOUT_MS: '300', SMS_SEND_BUDGET_MS: '2000' });
    let most = 0;
    for (const kind of ['accept-then-status', 'accept-then-reset', 'accept-then-silence', 'html'] as const) {
      cluster.twilio.behave(kind === 'accept-then-status' ? { kind, status: 500 } : { kind });
      await Promise.allSettled(phones(20, 3_000).map((phone) => start(phone)));
      most = Math.max(most, await held(), billed());
    }
    expect(most).toBeLessThanOrEqual(300_000);
    expect(billed()).toBeGreaterThan(200_000);
    expect(await accounted()).toBe(await held());
  });
});

describe('what a provider reports', () => {
  const report = (attemptId: string, costMicros: number, status: 'sent' | 'delivered' = 'delivered') =>
    cluster.instances[0].reports.record('twilio', { attemptId, status, costMicros });
  const attempt = async () => (await query<{ id: string }>('SELECT id::text FROM attempts'))[0]!.id;

  it('replaces the price of the list once, in whatever order and how often it comes', async () => {
    await up('1', ONE_PROVIDER);
    await start('+14155552671');
    const id = await attempt();
    const reports = [
      [7_000, 'sent'],
      [7_900, 'delivered'],
      [7_900, 'delivered'],
      [7_000, 'sent'],
    ] as const;
    await Promise.all(reports.map(([cost, status]) => report(id, cost, status)));
    expect(await held()).toBe(7_900);
    for (const [cost, status] of reports.toReversed()) await report(id, cost, status);
    expect(await held()).toBe(7_900);
    expect(await accounted()).toBe(7_900);
  });

  it('books a text that was thought not sent, even above the cap: it is true', async () => {
    await up('0.03', ONE_PROVIDER);
    cluster.twilio.behave({ kind: 'status', status: 401 });
    await expect(start('+14155552671')).rejects.toThrow();
    expect(await held()).toBe(0);
    await report(await attempt(), 40_000);
    expect(await held()).toBe(40_000);
    expect(await accounted()).toBe(40_000);
  });

  it('is booked on the day on which it was reserved', async () => {
    await up('1', ONE_PROVIDER);
    await start('+14155552671');
    await query('UPDATE spend_days SET day = day - 1; ');
    await query('UPDATE attempts SET spend_day = spend_day - 1');
    await query('UPDATE messages SET spend_day = spend_day - 1');
    await start('+14155552672');
    await query('SELECT 1');
    const [first] = await query<{ id: string }>('SELECT id::text FROM attempts ORDER BY started_at');
    await report(first!.id, 1_000);
    const days = await query<{ held: number }>('SELECT held_micros::int AS held FROM spend_days ORDER BY day');
    expect(days.map(({ held }) => held)).toEqual([1_000, TWILIO]);
  });
});

describe('a text that is due later', () => {
  /** Reported as undelivered: another provider is to try, for which nothing is reserved any more. */
  const owed = async () => {
    const { id } = await start('+14155552671');
    const [row] = await query<{ id: string }>('SELECT id::text FROM attempts');
    return {
      id,
      told: () =>
        cluster.instances[0].reports.record('twilio', { attemptId: row!.id, status: 'undelivered', curable: true }),
    };
  };

  it('reserves what its follow-up costs', async () => {
    await up('1');
    const { told } = await owed();
    await told();
    await until(() => cluster.sns.ledger.length === 1);
    await until(async () => (await held()) === TWILIO + SNS);
    expect(await held()).toBe(TWILIO + SNS);
    expect(await accounted()).toBe(TWILIO + SNS);
  });

  it('does not begin while the cap has no room', async () => {
    await up('0.04');
    const { told } = await owed();
    await query('UPDATE spend_days SET held_micros = 30000');
    await told();
    await until(async () => (await query('SELECT 1 FROM messages WHERE stopped_by IS NOT NULL')).length > 0);
    expect(await query<{ stopped_by: string }>('SELECT stopped_by FROM messages')).toEqual([
      { stopped_by: 'cost_limit' },
    ]);
    expect(cluster.sns.ledger).toHaveLength(0);
    expect(await held()).toBe(30_000);
    // Somebody else's reservation is released: it goes out after all.
    await query('UPDATE spend_days SET held_micros = 15000');
    await query('UPDATE messages SET lease_until = now()');
    await until(() => cluster.sns.ledger.length === 1);
    await until(async () => (await held()) === 35_000);
    expect(await held()).toBe(35_000);
  });

  it('moves what is reserved for it to the day on which it goes out', async () => {
    await up('1');
    for (const fake of [cluster.twilio, cluster.sns]) fake.behave({ kind: 'status', status: 429 });
    await start('+14155552671');
    await query('UPDATE spend_days SET day = day - 1');
    await query('UPDATE attempts SET spend_day = spend_day - 1');
    await query('UPDATE messages SET spend_day = spend_day - 1');
    for (const fake of [cluster.twilio, cluster.sns]) fake.heal();
    await until(() => billed() > 0);
    await until(async () => (await held()) === billed());
    const days = await query<{ held: number }>('SELECT held_micros::int AS held FROM spend_days ORDER BY day');
    expect(days.map(({ held }) => held)).toEqual([0, billed()]);
  });
});

describe('a number that is erased', () => {
  const PHONE = '+14155552671';
  const erase = (instance = cluster.instances[0]) =>
    instance.privacy.erase(PhoneNumber.parse(PHONE), { optOut: false }, TESTS);
  const report = () => {
    const pricing = new Pricing(['twilio'], { prices: PriceList.parse('{}'), capMicros: 1_000_000, keptPercent: 0 });
    return new SpendReport(cluster.data.database, pricing, { databaseTime: () => null }).today();
  };
  const byTwilio = (texts: number) =>
    texts === 0 ? [] : [{ provider: 'twilio', country: 'US', texts, usd: (texts * TWILIO) / 1e6 }];
  const agrees = async (texts: number) => {
    expect(await held()).toBe(texts * TWILIO);
    expect(await accounted()).toBe(texts * TWILIO);
    const { heldUsd, bookedUsd, reservedUsd, byProvider, byHour } = await report();
    expect({ heldUsd, bookedUsd, reservedUsd, byProvider }).toEqual({
      ...{ heldUsd: (texts * TWILIO) / 1e6, bookedUsd: (texts * TWILIO) / 1e6, reservedUsd: 0 },
      byProvider: byTwilio(texts),
    });
    expect(byHour.reduce((sum, hour) => sum + hour.texts, 0)).toBe(texts);
  };

  it('holds nothing of the day for texts that wait', async () => {
    await up('1');
    for (const fake of [cluster.twilio, cluster.sns]) fake.behave({ kind: 'status', status: 429 });
    await start(PHONE);
    expect(await held()).toBe(TWILIO + SNS);
    await erase();
    await agrees(0);
  });

  it('leaves what its texts cost, of nobody', async () => {
    await up('1', { SMS_RATE_LIMIT_PER_HOUR: '100' });
    await start(PHONE);
    await start('+14155552672');
    await erase();
    await agrees(2);
    await start(PHONE);
    await erase();
    await agrees(3);
    await erase();
    await agrees(3);
  });

  it.each([
    ['takes', { kind: 'ok' }, 'record_dispatch'],
    ['refuses', { kind: 'reject', code: '21211' }, 'record_dispatch_in_full'],
    ['is too busy for', { kind: 'status', status: 429 }, 'fail_over'],
  ] as const)('holds the price of a text that its provider %s meanwhile, and no more', async (_, behaviour, name) => {
    const [one, two] = await up('1', {}, 2);
    cluster.twilio.behave(behaviour);
    one.database.before.set(name, () => erase(two));
    await start(PHONE).catch(() => undefined);
    await agrees(1);
    await cluster.data.age(60);
    await Promise.all(cluster.instances.map(({ outbox }) => outbox.run()));
    expect(cluster.sns.ledger).toHaveLength(0);
    await agrees(1);
  });

  it('by many at once, beside others that send, is settled once', async () => {
    const instances = await up('5', { SMS_RATE_LIMIT_PER_HOUR: '100', SMS_PROVIDERS: 'twilio' }, 3);
    for (let round = 0; round < 3; round++) {
      await Promise.allSettled([
        ...phones(6, 5_000 + 6 * round).map((phone, index) => start(phone, instances[index % 3])),
        ...[0, 1, 2].map((index) => start(PHONE, instances[index])),
        ...[0, 1, 2].map((index) => erase(instances[index])),
      ]);
    }
    await erase();
    expect(await held()).toBeGreaterThanOrEqual(billed());
    expect(await accounted()).toBe(await held());
  });
});

it('what is purged changes no hour that was written down', async () => {
  const [one] = await up('1');
  await start('+14155552671');
  await query(
    `INSERT INTO spend_hours SELECT date_trunc('hour', started_at), cost_micros, 1, 1, 1, now() FROM attempts`,
  );
  const hours = () => query('SELECT spent_micros::int, texts, judged, approved FROM spend_hours');
  const before = await hours();
  await cluster.data.age(31 * 86_400);
  await one.retention.run();
  expect(await query('SELECT 1 FROM attempts')).toEqual([]);
  expect(await hours()).toEqual(before);
});

it('holds over three instances that hammer it', async () => {
  const instances = await up('0.50', {}, 3);
  let most = 0;
  const watch = setInterval(() => void held().then((now) => (most = Math.max(most, now))), 20);
  cluster.twilio.script(
    ...Array.from({ length: 40 }, (_, index) =>
      index % 3 ? ({ kind: 'ok' } as const) : ({ kind: 'status', status: 500 } as const),
    ),
  );
  for (let round = 0; round < 4; round++)
    await Promise.allSettled(phones(60, 4_000 + 60 * round).map((phone, index) => start(phone, instances[index % 3])));
  clearInterval(watch);
  expect(Math.max(most, await held(), billed())).toBeLessThanOrEqual(500_000);
  expect(billed()).toBeGreaterThan(300_000);
  expect(await accounted()).toBe(await held());
});
