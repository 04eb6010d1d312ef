import { systemClock } from '../../src/kernel/index.js';
import { Metrics } from '../../src/metrics/index.js';
import { PriceList, Pricing, TwilioProvider, type SmsProviders } from '../../src/sms/index.js';
import { SpendReport, SpendWatch, type Alert } from '../../src/spend/index.js';
import { AlertCounter, AlertLog } from '../../src/spend/alerts.js';
import { openTestDatabase, type TestDatabase } from '../setup/database.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(30_000);

const NOON = new Date('2026-06-10T12:30:00Z');
const CAP = 1_000_000;
const pricing = new Pricing(['twilio'], {
  prices: PriceList.parse('{"twilio": {"US": 0.01}}'),
  capMicros: CAP,
  keptPercent: 20,
});

let data: TestDatabase;
let twilio: FakeTwilio;
let told: Alert[];
let metrics: Metrics;
let now: Date;
beforeEach(async () => {
  [data, twilio] = await Promise.all([openTestDatabase(), FakeTwilio.start()]);
  [told, now] = [[], NOON];
});
afterEach(async () => {
  await Promise.all([data.drop(), twilio.close()]);
});

/** One instance's watch; they share the database and what they tell. */
function watch(prices = pricing): SpendWatch {
  metrics = new Metrics();
  const sender = { from: '+15005550006' };
  const providers: SmsProviders = [
    new TwilioProvider({ accountSid: twilio.accountSid, authToken: 'test-token', sender, baseUrl: twilio.url }),
  ];
  const clock = { ...systemClock, databaseTime: () => now };
  const sinks = [{ tell: (alert: Alert) => void told.push(alert) }];
  const options = { lowBalance: 10, homeCountry: 'US', sinks };
  return new SpendWatch(
    data.database,
    prices,
    providers,
    clock,
    options,
    new AlertLog(),
    new AlertCounter(metrics),
    metrics,
  );
}
const sql = (text: string) => data.database.query({ name: '', text }, []);
const hold = (micros: number) =>
  sql(
    `INSERT INTO spend_days VALUES ('2026-06-10', ${micros}) ON CONFLICT (day) DO UPDATE SET held_micros = ${micros}`,
  );
const percents = () => told.map(({ data: { percent } }) => percent);

describe('thresholds', () => {
  it('are told once a day over all instances, however often they look', async () => {
    const three = [watch(), watch(), watch()];
    const look = () => Promise.all([...three, ...three].map((each) => each.lookAtDay()));
    await look();
    await hold(499_999);
    await look();
    expect(percents()).toEqual([]);
    await hold(500_000);
    await look();
    expect(percents()).toEqual([50]);
    await hold(400_000); // released meanwhile
    await look();
    await hold(850_000);
    await look();
    expect(percents()).toEqual([50, 80]);
    await hold(980_000); // one more text and its repeat fit
    await look();
    expect(percents()).toEqual([50, 80]);
    await hold(980_001);
    await look();
    expect(percents()).toEqual([50, 80, 100]);
    expect(told.at(-1)).toMatchObject({
      type: 'spend.threshold',
      level: 'error',
      data: { day: '2026-06-10', capMicros: CAP },
    });
    now = new Date('2026-06-11T00:00:01Z');
    await look();
    expect(percents()).toEqual([50, 80, 100]);
  });

  it('say once that only numbers that were approved before still pass', async () => {
    const three = [watch(), watch(), watch()];
    const look = () => Promise.all([...three, ...three].map((each) => each.lookAtDay()));
    const passes = () => told.map((alert) => [alert.level, alert.data['percent'], alert.data['passes']]);
    await hold(780_000); // a stranger's text and its repeat fit
    await look();
    expect(passes()).toEqual([['warn', 50, 'everybody']]);
    await hold(780_001);
    await look();
    await hold(500_000);
    await look();
    await hold(790_000);
    await look();
    expect(passes().slice(1)).toEqual([['error', 50, 'known-numbers']]);
    expect(told.at(-1)?.message).toContain('only numbers that were approved before');
    await hold(800_000);
    await look();
    await hold(999_999);
    await look();
    expect(passes().slice(2)).toEqual([
      ['error', 80, 'known-numbers'],
      ['error', 100, 'nobody'],
    ]);
  });

  it.each([0, 19_999])('are told of a cap of %i micros, under which not one text fits', async (capMicros) => {
    const prices = PriceList.parse('{"twilio": {"US": 0.01}}');
    const [one, two] = [0, 1].map(() => watch(new Pricing(['twilio'], { prices, capMicros, keptPercent: 20 })));
    await Promise.all([one!, two!, one!].map((each) => each.lookAtDay()));
    expect(told.map(({ data: { percent, passes } }) => [percent, passes])).toEqual([[100, 'nobody']]);
    expect(await sql('SELECT held_micros::int AS held FROM spend_days')).toEqual([{ held: 0 }]);
  });

  it('are in the metrics, and name no phone', async () => {
    const one = watch();
    await hold(500_000);
    await one.lookAtDay();
    const text = await metrics.text();
    expect(text).toContain('sixdigit_spend_cap_dollars 1');
    expect(text).toContain('sixdigit_alerts_total{type="spend.threshold"} 1');
  });
});

describe('an hour', () => {
  const texts = (count: number, approved: number, at: string) =>
    sql(`WITH n AS (SELECT n, gen_random_uuid() AS id FROM generate_series(1, ${count}) AS n), v AS (
        INSERT INTO verifications (id, purpose, channel, phone_key, phone_sealed, key_version, code_length, max_checks, created_at, expires_at, next_send_at, status)
          SELECT id, 'p', 'sms', '\\x00', '\\x00', 1, 6, 5, '${at}', '${at}', '${at}', (CASE WHEN n <= ${approved} THEN 'approved' ELSE 'pending' END)::verification_status FROM n
      ), m AS (
        INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, created_at, updated_at, expires_at, country)
          SELECT id, id, '\\x00', '\\x00', 1, 't', 'accepted', '${at}', '${at}', '${at}', 'US' FROM n
      ) INSERT INTO attempts (id, message_id, provider, outcome, started_at, price_micros, cost_micros, spend_day)
          SELECT id, id, 'twilio', 'accepted', '${at}', 10000, 10000, '${at.slice(0, 10)}' FROM n`);

  it('is unusual when it takes a quarter of the cap and brings little', async () => {
    await texts(26, 9, '2026-06-10T12:05:00Z');
    await Promise.all([watch().lookAtHours(), watch().lookAtHours()]);
    now = new Date('2026-06-10T12:32:00Z');
    await watch().lookAtHours();
    expect(told.map(({ type }) => type)).toEqual(['spend.unusual_hour']);
    expect(told[0]).toMatchObject({ data: { spentMicros: 260_000, judged: 26, approved: 9 } });
  });

  it('is not while enough of it is approved, or while nobody had the time to', async () => {
    await texts(26, 10, '2026-06-10T12:05:00Z');
    await texts(40, 0, '2026-06-10T12:28:00Z');
    await watch().lookAtHours();
    expect(told).toEqual([]);
  });

  it('is unusual when it costs four times what it did on other days', async () => {
    await sql(`INSERT INTO spend_hours (hour, spent_micros, texts, judged, approved, updated_at)
      SELECT '2026-06-10T12:00:00Z'::timestamptz - make_interval(days => n), 20000, 2, 2, 2, now() FROM generate_series(1, 3) AS n`);
    await texts(8, 8, '2026-06-10T12:05:00Z');
    await watch().lookAtHours();
    expect(told).toEqual([]);
    await texts(1, 1, '2026-06-10T12:06:00Z');
    now = new Date('2026-06-10T12:32:00Z');
    await watch().lookAtHours();
    expect(told.map(({ message }) => message)).toEqual([expect.stringContaining('$0.02 are usual')]);
  });

  it('counts what was erased of it', async () => {
    await sql(`INSERT INTO spend_erased VALUES ('2026-06-10', '2026-06-10T12:00:00Z', 'twilio', 'US', 20, 200000)`);
    await texts(10, 0, '2026-06-10T12:05:00Z');
    await watch().lookAtHours();
    expect(await sql(`SELECT spent_micros::int AS spent, texts FROM spend_hours ORDER BY hour DESC LIMIT 1`)).toEqual([
      { spent: 300_000, texts: 30 },
    ]);
    expect(told).toMatchObject([{ data: { spentMicros: 300_000 } }]);
  });

  it('is in the report, with who carried what where', async () => {
    await texts(3, 1, '2026-06-10T11:05:00Z');
    await hold(50_000);
    const report = await new SpendReport(data.database, pricing, { databaseTime: () => now }).today();
    expect(report).toEqual({
      ...{ day: '2026-06-10', capUsd: 1, keptForKnownUsd: 0.2, heldUsd: 0.05, bookedUsd: 0.03, reservedUsd: 0.02 },
      byProvider: [{ provider: 'twilio', country: 'US', texts: 3, usd: 0.03 }],
      byChannel: [{ channel: 'sms', texts: 3, usd: 0.03 }],
      byHour: [{ hour: '2026-06-10T11:00:00.000Z', texts: 3, usd: 0.03 }],
    });
  });
});

describe("a provider's balance", () => {
  const later = () => (now = new Date(now.getTime() + 600_000));

  it('is told when it is low, by one instance, and again when it was not meanwhile', async () => {
    const instances = [watch(), watch()];
    const look = () => Promise.all(instances.map((each) => each.lookAtBalances()));
    await look();
    twilio.balance = '9.99';
    await look(); // ten minutes are not over
    expect([told, twilio.pings]).toEqual([[], 1]);
    later();
    await look();
    later();
    await look();
    expect(told).toEqual([
      expect.objectContaining({
        type: 'provider.balance_low',
        data: { provider: 'twilio', balance: 9.99, currency: 'USD', threshold: 10 },
      }),
    ]);
    twilio.balance = '50';
    later();
    await look();
    twilio.balance = '-0.01';
    later();
    await look();
    expect(told.map(({ data: { balance } }) => balance)).toEqual([9.99, -0.01]);
  });

  it('says nothing when the provider does not', async () => {
    twilio.balance = undefined;
    await watch().lookAtBalances();
    twilio.balance = 'much';
    later();
    await watch().lookAtBalances();
    expect(told).toEqual([]);
  });
});
