/* eslint-disable @typescript-eslint/no-explicit-any -- a test asserts what is in it */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { BatchData } from '../../src/batches/index.js';
import { KeyRing, lookupKeysOf, PhoneNumber, type Source } from '../../src/kernel/index.js';
import { Database, type Database as AnyDatabase } from '../../src/prisma/index.js';
import { OptOuts } from '../../src/sms/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { dumpOf, tracesOf } from '../setup/dump.js';
import { credentials } from '../setup/instances.js';
import { cleanUp, tempFolder } from '../setup/process.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(120_000);

const SECRET = 'the test secret, which is more than 32 bytes long';
const BATCH = '/v1/messages/batch';
let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let phones = 0;

const nextPhone = () => `+1${212 + Math.floor(phones / 8_000)}555${1_000 + (phones++ % 8_000)}`;
const rowsFor = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, n) => ({ ref: `r${n}`, to: nextPhone(), body: `Hello ${n}`, ...more }));
const ndjson = (rows: readonly unknown[]) =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');
const start = async (env: Source = {}, database?: TestDatabase) =>
  (app = await startApp(
    {
      ...credentials(twilio, sns),
      ...{ SMS_DAILY_COST_LIMIT: '1000', APP_SECRET: SECRET, SMS_PACE_PER_SENDER: '2000', SMS_LOG_LEVEL: 'debug' },
      // No try is given up for slowness on a busy machine.
      ...{ SMS_ATTEMPT_TIMEOUT_MS: '10000', SMS_SEND_BUDGET_MS: '30000' },
      ...env,
    },
    database,
  ));
const upload = (rows: readonly unknown[], query = '', headers = {}) =>
  app.call('POST', `${BATCH}?${query}`, ndjson(rows), { 'content-type': 'application/x-ndjson', ...headers });
const ask = async <Row extends object>(text: string, values: readonly unknown[] = []) =>
  app.app.get<AnyDatabase>(Database).query<Row>({ name: '', text }, values);
const batch = async (id: string) => (await app.call('GET', `${BATCH}/${id}`)).body;
async function reaches(id: string, holds: (batch: any) => boolean, ms = 30_000): Promise<any> {
  for (const end = Date.now() + ms; ; await sleep(100)) {
    const now = await batch(id);
    if (holds(now)) return now;
    if (Date.now() > end) throw new Error(`it is ${JSON.stringify(now)}`);
  }
}
const isDone = ({ status }: { status: string }) => status === 'done';
const sentTo = () => twilio.ledger.map(({ to }) => to).sort();

beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
});
afterEach(async () => {
  await app.close();
  for (const provider of [twilio, sns]) {
    provider.heal();
    provider.ledger.length = 0;
  }
  await cleanUp();
});
afterAll(() => Promise.all([twilio.close(), sns.close()]));

it('sends nothing to test numbers, and does not wait for them', async () => {
  const [now, later] = ['+12025550111', '+12025550110'];
  const database = serverUrl ? await openTestDatabase() : undefined;
  const kept = database ? {} : { DATA_DIR: tempFolder() };
  await start({ ...kept, TEST_NUMBERS: `${now}=493817` }, database);
  const id = randomUUID();
  const [other] = rowsFor(1);
  const rows = [{ ref: 'now', to: now, body: 'x' }, { ref: 'later', to: later, body: 'x' }, other];
  const { status, body } = await upload(rows, `id=${id}&hold=true`);
  expect([status, body.errors.map(({ ref, code }: any) => `${ref} ${code}`)]).toEqual([
    201,
    ['now DESTINATION_NOT_ALLOWED'],
  ]);
  // Those that become one while they wait are no reason to wait on.
  await app.close();
  await start({ ...kept, TEST_NUMBERS: `${later}=493817` }, database);
  await app.call('POST', `${BATCH}/${id}/resume`);
  await reaches(id, isDone);
  expect(sentTo()).toEqual([other!.to]);
  await app.close();
  await database?.drop();
});

it('sends every good row once, tells of every bad one, and keeps no number', async () => {
  await start();
  const good = rowsFor(60);
  const gone = nextPhone();
  await app.app.get(OptOuts).add(PhoneNumber.parse(gone), 'tests');
  const bad = [
    { ref: 'b1', to: '12', body: 'x' },
    { ref: 'b2', to: gone, body: 'x' },
    { ref: 'b3', to: nextPhone(), body: ' ' },
    { ref: 'b4', to: nextPhone(), body: 'x'.repeat(1_700) },
    { ref: 'b5', to: nextPhone() },
    '{"to": "+1212',
    '[1]',
    '{"__proto__": {"to": 1}}',
    { ref: 'b9', to: nextPhone(), body: 'x', more: 1 },
    { ref: '+12125550199', to: '+12125550199', body: 'x' },
    { ref: 'r3', to: nextPhone(), body: 'for somebody else' },
    `{"ref": "b12", "to": "${nextPhone()}", "body": "${'y'.repeat(17_000)}"}`,
    '{"to": "+12125550100", "body": "\xff"}',
  ];
  const { status, body } = await upload([...good, ...bad.slice(0, 12)]);
  expect([status, body.taken, body.refused, body.segments, body.byCountry[0].country]).toEqual([201, 60, 12, 60, 'US']);
  expect(body.errors.map(({ ref, code }: any) => `${ref} ${code}`)).toEqual([
    'b1 INVALID_PHONE_FORMAT',
    'b3 INVALID_REQUEST',
    'b4 MESSAGE_TOO_LONG',
    'b5 INVALID_REQUEST',
    '66 INVALID_REQUEST',
    '67 INVALID_REQUEST',
    '68 INVALID_REQUEST',
    'b9 INVALID_REQUEST',
    '70 INVALID_REQUEST',
    '72 INVALID_REQUEST',
    'r3 REF_TAKEN',
    'b2 DESTINATION_NOT_ALLOWED',
  ]);
  const done = await reaches(body.id, isDone);
  expect(done).toMatchObject({ rows: 60, refused: 12, waiting: 0, counts: { accepted: 60 } });
  expect(sentTo()).toEqual(good.map(({ to }) => to).sort());
  const errors = await app.call('GET', `${BATCH}/${body.id}/errors`);
  expect(errors.body.trim().split('\n')).toHaveLength(12);
  expect(errors.headers.get('content-type')).toMatch(/ndjson/);
  const dump = await dumpOf(app.app.get<AnyDatabase>(Database));
  const text = dump.join('\n') + app.log() + errors.body + JSON.stringify(done);
  for (const phone of [good[0]!.to, gone, '+12125550199']) {
    expect(text).not.toContain(phone.slice(1));
    expect(tracesOf(dump, phone, []).filter((line) => line.includes(phone.slice(1)))).toEqual([]);
  }
  expect(text).not.toContain('Hello');
  expect(lookupKeysOf(new KeyRing(SECRET), PhoneNumber.parse(gone))).toHaveLength(1);
  expect((await app.call('GET', BATCH)).body.map(({ id }: any) => id)).toEqual([body.id]);
});

it('takes JSON arrays, however they are cut, and no half of one', async () => {
  await start();
  const rows = rowsFor(30, { body: 'a ] , } " \\ ü ✓' });
  const text = JSON.stringify(rows, null, 1);
  const post = (body: string, cut: number, query = '') =>
    new Promise<{ status: number; body: any }>((resolve, reject) => {
      const headers = { authorization: `Bearer ${app.key}`, 'content-type': 'application/json; charset=utf-8' };
      const call = request(`${app.url}${BATCH}?${query}`, { method: 'POST', headers }, (response) => {
        let answer = '';
        response.on('data', (chunk) => (answer += String(chunk)));
        response.on('end', () => resolve({ status: response.statusCode!, body: JSON.parse(answer) }));
      }).on('error', reject);
      const bytes = Buffer.from(body);
      for (let at = 0; at < bytes.length; at += cut) call.write(bytes.subarray(at, at + cut));
      call.end();
    });
  const { status, body } = await post(text, 7);
  expect([status, body.taken, body.refused]).toEqual([201, 30, 0]);
  expect(await post('[]', 1)).toMatchObject({ status: 201, body: { taken: 0 } });
  for (const broken of ['{}', '[1,2', `${text}]`, 'x', '[}]', ''])
    expect(await post(broken, 3)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  // What came before the fault is kept, and does not begin.
  const id = randomUUID();
  const more = rowsFor(300);
  expect(await post(JSON.stringify(more).slice(0, -1), 1_000, `id=${id}`)).toMatchObject({ status: 400 });
  expect(await batch(id)).toMatchObject({ status: 'loading', rows: 299 });
  expect(await post(JSON.stringify(more), 1_000, `id=${id}`)).toMatchObject({
    status: 201,
    body: { taken: 1, repeated: 299 },
  });
  expect(await reaches(id, isDone)).toMatchObject({ counts: { accepted: 300 } });
  await reaches(body.id, isDone);
  expect(sentTo()).toEqual([...rows, ...more].map(({ to }) => to).sort());
});

it('is the same batch for the same id, or Idempotency-Key, however often and at once', async () => {
  await start();
  const rows = rowsFor(100).map(({ to, body }) => ({ to, body })); // no refs: where they stand
  const key = { 'idempotency-key': 'outage-1' };
  const answers = await Promise.all([1, 2, 3, 4].map(() => upload(rows, '', key)));
  for (const { status } of answers) expect([201, 503]).toContain(status); // two that make it in the same moment
  const [{ body }] = answers.filter(({ status }) => status === 201) as [any];
  expect((await upload(rows, '', key)).body).toMatchObject({ id: body.id, taken: 0, repeated: 100 });
  await reaches(body.id, isDone);
  expect((await upload(rows, '', key)).body).toMatchObject({ taken: 0, repeated: 100 });
  // Another list under the same id loses nothing silently.
  const others = await upload(
    rowsFor(2).map(({ to, body }) => ({ to, body })),
    `id=${body.id}`,
  );
  expect(others.body).toMatchObject({ taken: 0, refused: 2, errors: [{ code: 'REF_TAKEN' }, { code: 'REF_TAKEN' }] });
  await reaches(body.id, isDone);
  expect(sentTo()).toEqual(rows.map(({ to }) => to).sort());
});

it('refuses what it cannot read', async () => {
  await start();
  const types: Record<string, string>[] = [
    { 'content-type': 'text/csv' },
    { 'content-type': 'application/x-ndjson', 'content-encoding': 'gzip' },
  ];
  for (const headers of types) expect((await app.call('POST', BATCH, 'x', headers)).status).toBe(415);
  expect(await upload([], 'id=12')).toMatchObject({ status: 400 });
  expect(await upload([], 'rate=0')).toMatchObject({ status: 400 });
  expect(await upload([], 'dryRun=maybe')).toMatchObject({ status: 400 });
  expect(await upload([], '', { authorization: 'Bearer nobody' })).toMatchObject({ status: 401 });
  for (const path of [randomUUID(), 'x'])
    expect(await app.call('GET', `${BATCH}/${path}`)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
});

it('says what it would cost, and writes nothing', async () => {
  const prices = join(tempFolder(), 'prices.json');
  writeFileSync(prices, '{"twilio": {"US": 0.01, "GB": 0.05}, "aws-sns": {"default": 0.3}}');
  await start({ PRICES_FILE: prices });
  const rows = [...rowsFor(3), { to: '+447400123456', body: 'x'.repeat(161) }, { to: '12', body: 'x' }];
  expect((await upload(rows, 'dryRun=true')).body).toMatchObject({
    taken: 4,
    refused: 1,
    segments: 5,
    cost: 0.13,
    byCountry: [
      { country: 'US', rows: 3, segments: 3, cost: 0.03 },
      { country: 'GB', rows: 1, segments: 2, cost: 0.1 },
    ],
  });
  expect(await ask('SELECT 1 FROM batches UNION ALL SELECT 1 FROM messages')).toEqual([]);
});

it('says before what it will say after: what is there already, twice in it, or not wanted costs nothing', async () => {
  await start();
  const people = rowsFor(300);
  const [known, gone] = [people[0]!, people[1]!];
  const id = randomUUID();
  await upload([known], `hold=true&more=true&id=${id}`);
  const key = app.app.get(KeyRing).lookupKey('phone', PhoneNumber.parse(gone.to).line);
  await ask(`INSERT INTO opt_outs (phone_key, source, created_at) VALUES ($1, 'test', now())`, [key]);
  const rows = [...people, people[2]!, { ...people[3]!, to: '+14155559999' }];
  const before = (await upload(rows, `dryRun=true&id=${id}`)).body;
  const after = (await upload(rows, `hold=true&id=${id}`)).body;
  expect(before).toMatchObject({ taken: 298, repeated: 2, refused: 2 });
  expect({ ...before, id }).toEqual(after);
});

it('pauses, goes on and is canceled; what was not begun is never sent', async () => {
  await start({ SMS_PACE_PER_SENDER: '40' });
  const rows = rowsFor(200);
  const { body } = await upload(rows);
  await reaches(body.id, ({ counts }) => (counts.accepted ?? 0) > 10);
  expect(await app.call('POST', `${BATCH}/${body.id}/pause`)).toMatchObject({
    status: 200,
    body: { status: 'paused', pausedBecause: 'operator' },
  });
  await sleep(500);
  const sent = twilio.ledger.length;
  await sleep(1_000);
  expect(twilio.ledger.length).toBe(sent);
  expect(sent).toBeLessThan(150);
  await app.call('POST', `${BATCH}/${body.id}/resume`);
  await reaches(body.id, ({ counts }) => counts.accepted > sent + 10);
  expect(await app.call('POST', `${BATCH}/${body.id}/cancel`)).toMatchObject({
    status: 200,
    body: { status: 'canceled' },
  });
  const end = await reaches(body.id, ({ waiting, counts }) => waiting === 0 && !counts.sending && !counts.queued);
  const after = twilio.ledger.length;
  expect(end.counts.accepted + end.counts.canceled).toBe(200);
  expect(after).toBe(end.counts.accepted);
  await sleep(1_000);
  expect(twilio.ledger.length).toBe(after);
  for (const act of ['pause', 'resume'])
    expect(await app.call('POST', `${BATCH}/${body.id}/${act}`)).toMatchObject({
      status: 409,
      body: { code: 'BATCH_ENDED' },
    });
  expect(await upload(rows, `id=${body.id}`)).toMatchObject({ status: 409 });
  // Texts that will never be sent are not kept.
  expect(await ask(`SELECT 1 FROM messages WHERE status = 'canceled' AND body_sealed IS NOT NULL`)).toEqual([]);
});

it('keeps to the pace of its sender, and codes do not', async () => {
  await start({ SMS_PACE_PER_SENDER: '8' });
  const { body } = await upload(rowsFor(60));
  await reaches(body.id, ({ counts }) => (counts.accepted ?? 0) > 3);
  const start30 = Array.from({ length: 30 }, () => app.call('POST', '/v1/verifications', { phone: nextPhone() }));
  expect((await Promise.all(start30)).every(({ status }) => status === 201)).toBe(true);
  // At that pace they would have come after it.
  expect((await batch(body.id)).waiting).toBeGreaterThan(0);
  await reaches(body.id, isDone);
  const times = twilio.ledger.filter((text) => text.body.startsWith('Hello')).map(({ at }) => at);
  expect(times).toHaveLength(60);
  const perSecond = 59 / ((Math.max(...times) - Math.min(...times)) / 1_000);
  expect(perSecond).toBeLessThan(8.6);
  expect(perSecond).toBeGreaterThan(4);
});

it('has a pace of its own, too', async () => {
  await start();
  const { body } = await upload(rowsFor(20), 'rate=10');
  await reaches(body.id, isDone);
  const times = twilio.ledger.map(({ at }) => at);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(1_500);
});

it('lets a phone have no more texts than any, and goes on with the others', async () => {
  await start();
  const to = nextPhone();
  const rows = [...Array.from({ length: 12 }, (_, n) => ({ ref: `same${n}`, to, body: 'x' })), ...rowsFor(20)];
  const { body } = await upload(rows);
  const now = await reaches(body.id, ({ counts }) => counts.accepted === 25);
  await sleep(500);
  expect(twilio.ledger.filter((text) => text.to === to)).toHaveLength(5);
  expect(await batch(body.id)).toMatchObject({ status: 'running', waiting: 7, limited: 7 });
  expect(now.status).toBe('running');
  await sleep(1_100); // counts are kept for a second
  const standing = await batch(body.id);
  expect(standing.perSecond).toBeGreaterThan(0);
  expect(standing).not.toHaveProperty('secondsLeft'); // no rate tells when a phone may have more
  // An hour later the window has moved on. What would have to wait for longer than the batch lasts ends.
  await ask(`UPDATE limit_windows SET hits = ARRAY(SELECT hit - interval '1 hour' FROM unnest(hits) AS hit)`);
  await ask(`UPDATE messages SET send_after = now() WHERE send_after IS NOT NULL`);
  await reaches(body.id, ({ waiting }) => waiting === 2);
  expect(twilio.ledger.filter((text) => text.to === to)).toHaveLength(10);
  await ask(`UPDATE messages SET expires_at = now(), send_after = now() WHERE send_after IS NOT NULL`);
  expect(await reaches(body.id, isDone)).toMatchObject({ counts: { accepted: 30, failed: 2 } });
  const { body: errors } = await app.call('GET', `${BATCH}/${body.id}/errors`);
  expect(errors).toContain('"detail":"rate_limit"');
});

it("stands still when the day's budget is used up, never exceeds it, and goes on by itself", async () => {
  const prices = join(tempFolder(), 'prices.json');
  writeFileSync(prices, '{"twilio": {"US": 0.01}}');
  await start({
    PRICES_FILE: prices,
    SMS_PROVIDERS: 'twilio',
    SMS_DAILY_COST_LIMIT: '0.50',
    SMS_COST_SHARE_FOR_KNOWN: '20',
  });
  let most = 0;
  const watch = setInterval(() => {
    void ask<{ held: string }>('SELECT coalesce(sum(held_micros), 0)::text AS held FROM spend_days').then(
      ([row]) => (most = Math.max(most, Number(row?.held))),
      () => undefined,
    );
  }, 10);
  const { body } = await upload(rowsFor(60));
  const stopped = await reaches(body.id, ({ pausedBecause }) => pausedBecause === 'cost_limit');
  // 40 cents are not kept for known numbers; one more may cost two.
  expect(stopped).toMatchObject({ status: 'paused', counts: { accepted: 39 }, waiting: 21 });
  expect(twilio.ledger).toHaveLength(39);
  clearInterval(watch);
  expect(most).toBeLessThanOrEqual(400_000);
  // The next day.
  await ask(`UPDATE spend_days SET day = day - 1`);
  await ask(`UPDATE batches SET updated_at = updated_at - interval '20 seconds'`);
  await reaches(body.id, isDone);
  expect(twilio.ledger).toHaveLength(60);
});

it('waits while nobody may send, and floods nobody with what waits', async () => {
  await start();
  const fault = { kind: 'status', status: 503 } as const;
  twilio.script(...Array.from({ length: 400 }, () => fault));
  sns.script(...Array.from({ length: 400 }, () => fault));
  const rows = rowsFor(150);
  const { body } = await upload(rows);
  await sleep(3_000);
  const { waiting } = await batch(body.id);
  expect(waiting).toBeGreaterThan(20);
  twilio.heal();
  sns.heal();
  await reaches(body.id, ({ counts, status }) => status === 'done' && !counts.queued && !counts.sending, 60_000);
  const got = new Set([...twilio.ledger, ...sns.ledger].map(({ to }) => to));
  const unknown = (await batch(body.id)).counts.unknown ?? 0;
  expect(got.size).toBeGreaterThanOrEqual(150 - unknown);
});

it('goes by the rule for the network that a lookup told, also from the outbox', async () => {
  await start({ SMS_PROVIDERS: 'twilio,aws-sns' });
  const phone = PhoneNumber.parse(nextPhone());
  await ask(
    `INSERT INTO lookups (phone_key, phone_sealed, key_version, network, asked_at, found_at, expires_at, provider)
      SELECT $1, $1, 1, '310-410', now(), now(), now() + interval '1 day', 'twilio-lookup'`,
    [new KeyRing(SECRET).lookupKey('phone', phone.line)],
  );
  await ask(`INSERT INTO route_rules (country, network, channel, kind, providers, created_at, created_by)
      VALUES ('*', '310-410', '', 'providers', ARRAY['aws-sns'], now(), 'test')`);
  await sleep(4_000); // rules are read every 3 s
  const row = { to: phone.e164, body: 'Hello' };
  const { body } = await upload([row]);
  await reaches(body.id, isDone);
  expect([twilio.ledger.length, sns.ledger.length]).toEqual([0, 1]);

  for (const provider of [twilio, sns]) provider.behave({ kind: 'status', status: 429 }, 1);
  const { body: text } = await app.call('POST', '/v1/messages', JSON.stringify(row));
  expect(text.status).toBe('queued');
  for (const end = Date.now() + 20_000; sns.ledger.length < 2 && Date.now() < end; ) await sleep(100);
  expect([twilio.ledger.length, sns.ledger.length]).toEqual([0, 2]);
});

it('sends nothing to a line that is known to be none for texts, and asks nobody about any', async () => {
  await start({ SMS_PROVIDERS: 'aws-sns', LOOKUP_PROVIDER: 'twilio', LOOKUP_TIMEOUT_MS: '500' });
  const [landline, nobodys, unknown] = [nextPhone(), nextPhone(), nextPhone()];
  for (const [to, valid, line] of [
    [landline, true, 'fixed-line'],
    [nobodys, false, null],
  ] as const)
    await ask(
      `INSERT INTO lookups (phone_key, phone_sealed, key_version, valid, line, asked_at, found_at, expires_at, provider)
        SELECT $1, $1, 1, $2, $3, now(), now(), now() + interval '1 day', 'twilio-lookup'`,
      [new KeyRing(SECRET).lookupKey('phone', PhoneNumber.parse(to).line), valid, line],
    );
  const { body } = await upload([landline, nobodys, unknown].map((to, n) => ({ ref: `r${n}`, to, body: 'Hello' })));
  expect(await reaches(body.id, isDone)).toMatchObject({ counts: { failed: 2, accepted: 1 } });
  expect(sns.ledger.map(({ to }) => to)).toEqual([unknown]);
  const { body: errors } = await app.call('GET', `${BATCH}/${body.id}/errors`);
  expect(errors.match(/"detail":"destination_not_allowed"/g)).toHaveLength(2);
  expect((await app.call('POST', '/v1/messages', { to: landline, body: 'Hello' })).status).toBe(403);
  expect(await ask('SELECT 1 FROM lookups')).toHaveLength(2);
});

(serverUrl ? it : it.skip)('goes by the policy of the day on which a row is sent', async () => {
  const database = await openTestDatabase();
  try {
    await start({}, database);
    const { body } = await upload(rowsFor(2), 'hold=true');
    await app.close();
    await start({ ALLOWED_COUNTRIES: 'GB' }, database);
    await app.call('POST', `${BATCH}/${body.id}/resume`);
    expect(await reaches(body.id, isDone)).toMatchObject({ counts: { failed: 2 } });
    expect(twilio.ledger).toEqual([]);
  } finally {
    await app.close();
    await database.drop();
  }
});

it('ends what nobody resumed, or brought the rest of, in its 72 hours', async () => {
  await start();
  const ids = [randomUUID(), randomUUID()];
  await upload(rowsFor(3), `id=${ids[0]}&more=true`);
  await upload(rowsFor(3), `id=${ids[1]}&hold=true`);
  const data = app.app.get(BatchData);
  await data.purge(1_000, 30);
  expect((await batch(ids[0]!)).status).toBe('loading');
  await ask(`UPDATE batches SET expires_at = now() - interval '1 second'`);
  // Rows a round at most: what is left is the next round's.
  for (const ended of [4, 2, 0]) expect(await data.purge(4, 30)).toBe(ended);
  await sleep(1_100); // counts are kept for a second
  for (const id of ids) expect(await batch(id)).toMatchObject({ status: 'done', waiting: 0, counts: { failed: 3 } });
  expect(await ask('SELECT DISTINCT stopped_by, body_sealed FROM messages')).toEqual([
    { stopped_by: 'expired', body_sealed: null },
  ]);
});
