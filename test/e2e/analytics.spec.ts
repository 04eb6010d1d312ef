import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { AnalyticsData, RollUpJob } from '../../src/analytics/index.js';
import { DUE } from '../../src/analytics/analytics.sql.js';
import { Database, valuesFor } from '../../src/prisma/index.js';
import { becomeAdmin } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { codeIn, credentials } from '../setup/instances.js';
import { tempFolder } from '../setup/process.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(120_000);

const PATH = '/v1/admin/analytics';

let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let phones = 0;

beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  const prices = join(tempFolder(), 'prices.json');
  writeFileSync(prices, '{"default": 9, "twilio": {"US": 0.015, "GB": 0.06}, "aws-sns": {"US": 0.02, "GB": 0.05}}');
  app = await startApp({
    ...credentials(twilio, sns),
    PRICES_FILE: prices,
    PUBLIC_BASE_URL: 'https://sms.example.test',
  });
  twilio.reportsTo = app.url;
});
afterAll(async () => {
  await app.close();
  await Promise.all([twilio.close(), sns.close()]);
});
beforeEach(async () => {
  for (const table of ['verifications', 'analytics_hours', 'analytics_rolls']) await rows(`DELETE FROM ${table}`);
  for (const fake of [twilio, sns]) {
    fake.heal();
    fake.ledger.length = 0;
  }
});

const rows = <Row extends object>(text: string) => app.app.get(Database).query<Row>({ name: '', text }, []);
const call = (method: string, path: string, headers: Readonly<Record<string, string>> = {}) =>
  app.call(method, path, undefined, headers);
const roll = () => app.app.get(RollUpJob).rollUp();
const read = async (query = '') => (await call('GET', `${PATH}${query}`)).body;
const newPhone = (country: 'US' | 'GB') =>
  country === 'US' ? `+1212555${1_000 + phones++}` : `+4474001${23_000 + phones++}`;
const start = async (country: 'US' | 'GB' = 'US') => {
  const { status, body } = await app.call('POST', '/v1/verifications', { phone: newPhone(country) });
  if (status !== 201) throw new Error(JSON.stringify(body));
  const texts = [...twilio.ledger, ...sns.ledger].sort((one, other) => one.at - other.at);
  return { id: body.id as string, code: codeIn(texts.at(-1)?.body), entry: texts.at(-1)! };
};
const approve = async ({ id, code }: { id: string; code: string }) =>
  expect((await app.call('POST', `/v1/verifications/${id}/check`, { code })).body.status).toBe('approved');

describe('figures', () => {
  beforeAll(() => becomeAdmin(app));

  it('are what the providers took, what was delivered, who was approved, and what it cost', async () => {
    const first = [await start(), await start(), await start(), await start('GB')];
    for (const { entry } of first.slice(0, 3)) {
      expect(await twilio.report(entry, 'sent')).toEqual([204]);
      expect(await twilio.report(entry, 'delivered')).toEqual([204]);
      expect(await twilio.report(entry, 'delivered')).toEqual([204]);
    }
    for (const one of [first[0]!, first[1]!, first[3]!]) await approve(one);
    twilio.script({ kind: 'status', status: 503 });
    const failedOver = await start();
    await approve(failedOver);
    expect([twilio.ledger.length, sns.ledger.length]).toEqual([4, 1]);
    // Three took their time: 1, 2 and 10 seconds.
    await rows(`UPDATE attempts SET delivered_at = started_at + secs * interval '1 second' FROM (
      SELECT id, (ARRAY[1, 2, 10])[row_number() OVER ()] AS secs FROM attempts WHERE delivered_at IS NOT NULL) AS t WHERE t.id = attempts.id`);
    await roll();
    const us = { provider: 'twilio', country: 'US', sent: 3, delivered: 3, approved: 2, costUsd: 0.045 };
    const { rows: found, total } = await read('?by=provider,country');
    const cost = (await rows<{ usd: number }>('SELECT sum(cost_micros)::float8 / 1e6 AS usd FROM attempts'))[0]!.usd;
    expect(found).toMatchObject([
      {
        provider: 'aws-sns',
        country: 'US',
        sent: 1,
        delivered: 0,
        approved: 1,
        costUsd: 0.02,
        costPerApprovalUsd: 0.02,
      },
      { provider: 'twilio', country: 'GB', sent: 1, approved: 1, conversion: 1, latencyP50Ms: null, costUsd: 0.06 },
      { ...us, costUsd: expect.any(Number), costPerApprovalUsd: expect.any(Number) },
    ]);
    expect(total).toMatchObject({ sent: 5, delivered: 3, approved: 4, conversion: 0.8 });
    expect(total.costUsd).toBeCloseTo(cost, 9);
    // Rounded up to a fifth.
    expect(found[2].latencyP50Ms).toBeGreaterThanOrEqual(2_000);
    expect(found[2].latencyP50Ms).toBeLessThan(2_400);
    expect(found[2].latencyP95Ms).toBeGreaterThanOrEqual(10_000);
    expect(found[2].latencyP95Ms).toBeLessThan(12_000);

    // However often, and by whomever, hours are summed up.
    await Promise.all([roll(), roll()]);
    await rows(`UPDATE analytics_rolls SET rolled_at = rolled_at - interval '2 hours'`);
    await roll();
    expect((await read('?by=provider,country')).rows).toEqual(found);
    expect((await read('?by=day,template,variant,channel')).rows).toEqual([
      expect.objectContaining({
        day: new Date().toISOString().slice(0, 10),
        template: 'verification',
        channel: 'sms',
        sent: 5,
      }),
    ]);
    expect((await read('?by=country&country=gb')).rows).toEqual([expect.objectContaining({ country: 'GB', sent: 1 })]);
    expect((await read('?provider=nobody')).total).toMatchObject({
      sent: 0,
      conversion: null,
      costPerApprovalUsd: null,
    });
  });

  it('give an approval to the try that was taken last before it', async () => {
    const one = await start();
    await rows('UPDATE verifications SET next_send_at = created_at');
    twilio.script({ kind: 'status', status: 503 });
    expect((await app.call('POST', `/v1/verifications/${one.id}/resend`)).status).toBe(201);
    expect([twilio.ledger.length, sns.ledger.length]).toEqual([1, 1]);
    await approve(one);
    await roll();
    expect((await read()).rows).toMatchObject([
      { provider: 'aws-sns', sent: 1, approved: 1 },
      { provider: 'twilio', sent: 1, approved: 0 },
    ]);
  });

  it('note when a phone had it by the first word about that, and what came later changes nothing', async () => {
    const { entry } = await start();
    const delivered = async () =>
      (
        await rows<{ at: Date | null; later: boolean }>(
          'SELECT delivered_at AS at, delivered_at > reported_at AS later FROM attempts',
        )
      )[0]!;
    await twilio.report(entry, 'sent');
    expect(await delivered()).toEqual({ at: null, later: null });
    await twilio.report(entry, 'delivered');
    const first = await delivered();
    expect(first).toEqual({ at: expect.any(Date), later: true });
    await twilio.report(entry, 'delivered');
    await twilio.report(entry, 'sent');
    expect(await delivered()).toEqual(first);
  });

  it('are summed up each minute until their hour is over, then after a tenth of the time since', async () => {
    const HOUR = Date.parse('2026-11-22T12:00:00Z');
    const at = (minutes: number) => new Date(HOUR + minutes * 60_000);
    const isDue = async (rolledAt: Date, now: Date) => {
      await rows(`DELETE FROM analytics_rolls`);
      await rows(
        `INSERT INTO analytics_rolls (hour, rolled_at) VALUES ('${at(0).toISOString()}', '${rolledAt.toISOString()}')`,
      );
      const values = valuesFor(DUE, { now, most: 200, kept_secs: 36_000, settled_secs: 3 * 86_400 });
      const due = await app.app.get(Database).query<{ readonly hour: Date }>(DUE, values);
      return due.some(({ hour }) => hour.getTime() === HOUR);
    };
    expect(await isDue(at(55), at(56))).toBe(true);
    expect(await isDue(at(55), at(55.5))).toBe(false);
    expect(await isDue(at(59.9), at(61))).toBe(true);
    expect(await isDue(at(180), at(191))).toBe(false);
    expect(await isDue(at(180), at(193))).toBe(true);
  });

  it('stay when the rows that they come from are taken away', async () => {
    for (let n = 0; n < 3; n++) await start();
    await rows(`UPDATE attempts SET started_at = started_at - interval '80 hours'`);
    await rows(
      `UPDATE verifications SET created_at = created_at - interval '80 hours', expires_at = expires_at - interval '80 hours'`,
    );
    await roll();
    expect((await read()).total.sent).toBe(3);
    await rows('DELETE FROM verifications');
    await start();
    await rows(`UPDATE analytics_rolls SET rolled_at = rolled_at - interval '1 hour'`);
    await roll();
    await roll();
    expect((await read()).total).toMatchObject({ sent: 4 });
  });

  it('are CSV for who asks for that', async () => {
    await start();
    await roll();
    for (const answer of [
      await call('GET', `${PATH}?by=provider,day&format=csv`),
      await call('GET', `${PATH}?by=provider,day`, { accept: 'text/csv' }),
    ]) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      expect(answer.headers.get('content-disposition')).toMatch(/analytics\.csv/);
      const [head, line, end] = String(answer.body).split('\r\n');
      expect(head).toBe(
        'provider,day,sent,delivered,approved,conversion,latencyP50Ms,latencyP95Ms,costUsd,costPerApprovalUsd',
      );
      expect(line).toMatch(/^twilio,\d{4}-\d\d-\d\d,1,0,0,0,,,0\.015,$/);
      expect(end).toBe('');
    }
  });

  it.each([
    '?from=yesterday',
    '?by=phone',
    '?from=2020-01-01',
    '?to=2026-02-30',
    '?format=xml',
    '?phone=1',
    '?by=a&by=b',
  ])('are refused for %s', async (query) => {
    const { status, body } = await call('GET', PATH + query);
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('go after 400 days, and are not summed up again then', async () => {
    for (const days of [399, 402]) {
      await rows(
        `INSERT INTO analytics_hours SELECT date_trunc('hour', now() - interval '${days} days', 'UTC'), 'twilio', '', '', '', 'sms', 1, 0, 0, 0`,
      );
      await rows(
        `INSERT INTO analytics_rolls SELECT date_trunc('hour', now() - interval '${days} days', 'UTC'), now()`,
      );
    }
    expect(await app.app.get(AnalyticsData, { strict: false }).purge(100)).toBe(2);
    expect(await rows('SELECT 1 FROM analytics_hours')).toHaveLength(1);
  });

  it('tell no phone', async () => {
    await start();
    await roll();
    const sums = await rows('SELECT * FROM analytics_hours');
    expect(JSON.stringify(sums)).not.toMatch(/1212555/);
    expect(sums).toHaveLength(1);
  });
});

it('are for operators only', async () => {
  const headers = { authorization: `Bearer ${app.key}` };
  expect((await call('GET', PATH, headers)).status).toBe(403);
  expect((await call('GET', PATH, { authorization: '' })).status).toBe(401);
});
