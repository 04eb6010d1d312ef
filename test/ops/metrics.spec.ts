import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Database, DatabaseUnavailable } from '../../src/prisma/index.js';
import { adminKey } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { credentials } from '../setup/instances.js';
import { onPrometheus, promtool } from '../setup/prometheus.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(240_000);

const DOCS = resolve(__dirname, '../../docs/metrics.md');
let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let key: string;

beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start({ accessKeyId: 'AKIAFAKE00000000' })]);
  app = await startApp({
    ...credentials(twilio, sns),
    PUBLIC_BASE_URL: 'https://verify.example.com',
    SMS_ATTEMPT_TIMEOUT_MS: '10000',
    SMS_SEND_BUDGET_MS: '30000',
  });
  twilio.reportsTo = app.url;
  key = await adminKey(app);
});
afterAll(async () => {
  await app?.close();
  await Promise.all([twilio?.close(), sns?.close()]);
});

const scrape = async () => {
  const { status, headers, body } = await app.call('GET', '/metrics', undefined, { authorization: `Bearer ${key}` });
  expect([status, headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  return String(body);
};

interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const seriesOf = (text: string): Series[] =>
  text
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', inner = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      const labels = Object.fromEntries([...inner.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, is]) => [label, is]));
      return { name, labels, value: Number(value) };
    });
const valueOf = (all: readonly Series[], name: string, labels: Readonly<Record<string, string>> = {}) =>
  all
    .filter((one) => one.name === name && Object.entries(labels).every(([label, is]) => one.labels[label] === is))
    .reduce((sum, { value }) => sum + value, 0);

const ABROAD = [
  ...['+447400123456', '+33612345678', '+4915112345678', '+34612345678', '+393312345678', '+61412345678'],
  ...['+818012345678', '+5511961234567', '+919876543210', '+27821234567', '+46701234567', '+41781234567'],
];

describe('after many phones, countries, bad paths and failures', () => {
  let text: string;
  let all: Series[];
  let phones = 0;
  let reported = 0;
  let accepted = 0;
  const home = () => `+1212555${2_000 + phones++}`;
  const codes: string[] = [];

  beforeAll(async () => {
    twilio.reports = ['sent', 'delivered'];
    const started = [];
    for (const phone of [...Array.from({ length: 8 }, home), ...ABROAD]) {
      const { status, body } = await app.call('POST', '/v1/verifications', { phone });
      if (status === 201) started.push(body.id as string);
    }
    reported = twilio.ledger.length;
    const told = async () =>
      valueOf(seriesOf(await scrape()), 'sixdigit_delivery_reports_total', { status: 'delivered' });
    for (const end = Date.now() + 60_000; Date.now() < end && (await told()) < reported; ) await sleep(200);
    for (const [index, { body }] of twilio.ledger.slice(0, 4).entries()) {
      const code = /\b\d{6}\b/.exec(body)![0];
      codes.push(code);
      const path = `/v1/verifications/${started[index]!}/check`;
      await app.call('POST', path, { code: code === '000000' ? '000001' : '000000' });
      await app.call('POST', path, { code });
    }
    twilio.reports = [];
    // A failover, and what a carrier has for no number.
    twilio.script({ kind: 'status', status: 503 }, { kind: 'reject', code: '21211' });
    await app.call('POST', '/v1/verifications', { phone: home() });
    await app.call('POST', '/v1/verifications', { phone: home() });
    // Refused: a cool-down, a premium number, no number at all.
    const again = home();
    await app.call('POST', '/v1/verifications', { phone: again });
    const { body: open } = await app.call('POST', '/v1/verifications', { phone: again });
    await app.call('POST', `/v1/verifications/${open.id}/resend`);
    await app.call('POST', '/v1/verifications', { phone: '+44 900 123 4567' });
    await app.call('POST', '/v1/verifications', { phone: 'nobody' });
    // What strangers make up.
    for (let i = 0; i < 60; i++) await app.call(i % 2 ? 'GET' : 'POST', `/made/up/${i}?phone=%2B1212555${3_000 + i}`);
    for (let i = 0; i < 20; i++) await app.call('GET', `/v1/verifications/00000000-0000-4000-8000-0000000000${10 + i}`);
    for (let i = 0; i < 10; i++) await app.call('POST', `/v1/webhooks/http/gateway-${i}`, { status: 'delivered' });
    await app.call('POST', '/v1/webhooks/twilio/00000000-0000-4000-8000-000000000000', { MessageStatus: 'sent' });
    await sleep(1_100); // what is read from the database is good for a second
    text = await scrape();
    accepted = twilio.ledger.length + sns.ledger.length; // what is silent long enough goes once more
    all = seriesOf(text);
  });

  onPrometheus('promtool check metrics', () => {
    it('has not a word to say', () => {
      expect(promtool(['check', 'metrics'], text)).toEqual({ status: 0, said: '' });
    });
  });

  it('counts what happened', () => {
    expect(valueOf(all, 'sixdigit_attempts_total', { outcome: 'accepted' })).toBe(accepted);
    expect(valueOf(all, 'sixdigit_dispatches_total', { status: 'accepted' })).toBe(accepted);
    expect(valueOf(all, 'sixdigit_country_dispatches_total')).toBe(valueOf(all, 'sixdigit_dispatches_total'));
    expect(valueOf(all, 'sixdigit_failovers_total', { from: 'twilio', to: 'aws-sns' })).toBe(1);
    expect(valueOf(all, 'sixdigit_attempt_faults_total', { provider: 'twilio', fault: 'bad_destination' })).toBe(1);
    expect(valueOf(all, 'sixdigit_verifications_approved_total')).toBe(4);
    expect(valueOf(all, 'sixdigit_wrong_guesses_total')).toBe(4);
    expect(valueOf(all, 'sixdigit_provider_request_duration_seconds_count', { outcome: 'accepted' })).toBe(accepted);
    expect(valueOf(all, 'sixdigit_operation_duration_seconds_count', { operation: 'check' })).toBe(8);
    expect(valueOf(all, 'sixdigit_delivery_reports_total', { provider: 'twilio', status: 'delivered' })).toBe(reported);
    expect(valueOf(all, 'sixdigit_delivery_duration_seconds_count', { provider: 'twilio' })).toBe(reported);
    expect(valueOf(all, 'sixdigit_refusals_total', { code: 'RATE_LIMIT_EXCEEDED', reason: 'resend-cooldown' })).toBe(1);
    expect(valueOf(all, 'sixdigit_refusals_total', { code: 'INVALID_PHONE_FORMAT' })).toBe(1);
    expect(valueOf(all, 'sixdigit_refusals_total', { code: 'DESTINATION_NOT_ALLOWED' })).toBe(2);
    expect(valueOf(all, 'sixdigit_reports_refused_total', { provider: 'none' })).toBe(10);
    expect(valueOf(all, 'sixdigit_reports_refused_total', { provider: 'twilio', reason: 'forged' })).toBe(1);
    expect(valueOf(all, 'sixdigit_http_requests_total', { route: 'none', status: '4xx' })).toBe(60);
    expect(valueOf(all, 'sixdigit_provider_state', { state: 'in_rotation' })).toBe(2);
    expect(all.filter(({ name }) => name === 'sixdigit_provider_state')).toHaveLength(2 * 4);
    expect(valueOf(all, 'sixdigit_database_up')).toBe(1);
    const held = valueOf(all, 'sixdigit_spend_held_dollars');
    const parts = valueOf(all, 'sixdigit_spend_settled_dollars') + valueOf(all, 'sixdigit_spend_reserved_dollars');
    expect(held).toBeGreaterThan(0);
    expect(parts).toBeCloseTo(held, 6);
  });

  it('has no phone, code or id in it, and only words that we chose', () => {
    for (const { to } of [...twilio.ledger, ...sns.ledger]) expect(text).not.toContain(to.slice(-7));
    expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}/);
    expect(text).not.toContain('made');
    const valuesOf = (label: string) => [...new Set(all.flatMap(({ labels }) => labels[label] ?? []))].sort();
    for (const code of codes) for (const { labels } of all) expect(Object.values(labels)).not.toContain(code);
    expect(valuesOf('provider')).toEqual(['aws-sns', 'none', 'twilio']);
    expect(valuesOf('outcome')).toEqual(expect.arrayContaining(['accepted', 'permanent']));
    for (const country of valuesOf('country')) expect(country).toMatch(/^([A-Z]{2}|none|other)$/);
    for (const route of valuesOf('route')) expect(route).toMatch(/^(\/[\w.:*-]*)+$|^[a-z_]+$/);
    for (const code of valuesOf('code')) expect(code).toMatch(/^[A-Z_]+$/);
    for (const status of valuesOf('status')) expect(status).toMatch(/^([1-5]xx|[a-z_]+)$/);
    for (const reason of valuesOf('reason')) expect(reason).toMatch(/^[a-z][a-z_-]*$/);
  });

  it('stays small', () => {
    expect(all.length).toBeLessThan(1_000);
    expect(text.length).toBeLessThan(120_000);
  });

  it('is what docs/metrics.md says, neither less nor more', () => {
    const families = [...text.matchAll(/^# HELP (sixdigit_\w+) /gm)].map(([, name]) => name);
    const labels = (family: string) => {
      const own = all.filter(({ name }) => name.replace(/_(bucket|sum|count)$/, '') === family || name === family);
      return [...new Set(own.flatMap((one) => Object.keys(one.labels)))].filter((label) => label !== 'le').sort();
    };
    const rows = [...readFileSync(DOCS, 'utf8').matchAll(/^\| `(sixdigit_\w+)` \| (.*?) \|/gm)];
    const documented = rows.map(([, name]) => name);
    // Redis is not configured here, and no provider of these tells a balance.
    expect([...families, 'sixdigit_redis_up'].sort()).toEqual([...documented].sort());
    for (const [, name = '', cell = ''] of rows) {
      const said = [...cell.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort();
      const real = labels(name);
      if (real.length > 0) expect([name, said]).toEqual([name, real]);
    }
  });
});

it('answers although the database does not, and says so', async () => {
  const database = app.app.get(Database);
  const lost = jest.spyOn(database, 'query').mockRejectedValue(new DatabaseUnavailable(new Error('on purpose')));
  try {
    await sleep(1_100);
    const all = seriesOf(await scrape());
    expect(valueOf(all, 'sixdigit_database_up')).toBe(0);
    expect(valueOf(all, 'sixdigit_attempts_total')).toBeGreaterThan(0);
  } finally {
    lost.mockRestore();
  }
  await sleep(1_100);
  expect(valueOf(seriesOf(await scrape()), 'sixdigit_database_up')).toBe(1);
});

it('asks the database at most once a second, whoever asks', async () => {
  await sleep(1_100);
  const asked = jest.spyOn(app.app.get(Database), 'query');
  const begun = performance.now();
  await Promise.all(Array.from({ length: 20 }, scrape));
  const secs = Math.ceil((performance.now() - begun) / 1_000);
  const looks = asked.mock.calls.filter(([{ name }]) => name === 'metrics_queues').length;
  asked.mockRestore();
  expect(looks).toBeGreaterThan(0);
  expect(looks).toBeLessThanOrEqual(secs);
});

it('shows who was taken out by hand', async () => {
  const headers = { authorization: `Bearer ${key}` };
  const reason = { reason: 'maintenance' };
  expect((await app.call('POST', '/v1/admin/providers/twilio/take-out', reason, headers)).status).toBe(200);
  const all = seriesOf(await scrape());
  const states = all.filter(
    ({ name, labels }) => name === 'sixdigit_provider_state' && labels['provider'] === 'twilio',
  );
  expect(states.filter(({ value }) => value === 1).map(({ labels }) => labels['state'])).toEqual(['held']);
});
