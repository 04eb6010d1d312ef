import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Database, type Database as AnyDatabase } from '../../src/prisma/index.js';
import { OptOuts } from '../../src/sms/index.js';
import { KeyRing, lookupKeysOf, PhoneNumber } from '../../src/kernel/index.js';
import { becomeAdmin } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { dumpOf, tracesOf } from '../setup/dump.js';
import { credentials } from '../setup/instances.js';
import { WebhookReceiver } from '../setup/webhook-receiver.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(60_000);

const SECRET = 'the test secret, which is more than 32 bytes long';
const PHONE = '+14155552671';
const WORDS = 'Die Nachbarin gießt heute die Tomaten';
let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let phones = 0;

beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  const limits = { SMS_DAILY_COST_LIMIT: '1000', WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' };
  app = await startApp({ ...credentials(twilio, sns), ...limits, APP_SECRET: SECRET, FRAUD_MODE: 'record' });
});
afterEach(() => {
  for (const provider of [twilio, sns]) {
    provider.heal();
    provider.ledger.length = 0;
  }
});
afterAll(async () => {
  await app.close();
  await Promise.all([twilio.close(), sns.close()]);
});

const send = (body: object, headers = {}) => app.call('POST', '/v1/messages', body, headers);
const nextPhone = () => `+1212555${1_000 + phones++}`;
const rows = async <Row extends object>(text: string, values: readonly unknown[] = []) =>
  app.app.get<AnyDatabase>(Database).query<Row>({ name: '', text }, values);
const until = async (holds: () => Promise<boolean>) => {
  for (const end = Date.now() + 15_000; !(await holds()); await sleep(50))
    if (Date.now() > end) throw new Error('never');
};
const wordsOf = async (id: string) =>
  (await rows<{ words: unknown }>('SELECT body_sealed AS words FROM messages WHERE id = $1', [id]))[0]?.words;

it('sends a text and says what it costs', async () => {
  const to = nextPhone();
  const { status, body, headers } = await send({ to, body: WORDS });
  expect([status, body]).toEqual([
    201,
    {
      id: expect.any(String),
      status: 'accepted',
      phone: `+******${to.slice(-4)}`,
      segments: 1,
      cost: expect.any(Number),
      createdAt: expect.any(String),
    },
  ]);
  expect(headers.get('ratelimit')).toMatch(/phone-hour/);
  expect(twilio.ledger.map(({ to, body }) => [to, body])).toEqual([[to, WORDS]]);
  const seen = await app.call('GET', `/v1/messages/${body.id}`);
  expect(seen.body).toMatchObject({ id: body.id, status: 'accepted', attempts: [{ provider: 'twilio' }] });
});

it('writes a template anew', async () => {
  const variables = { code: 'Tomate', brand: 'Garten', expiryMinutes: 3 };
  const { status, body } = await send({ to: nextPhone(), template: 'verification', variables });
  expect([status, body.status]).toEqual([201, 'accepted']);
  expect(twilio.ledger[0]?.body).toContain('Tomate is your Garten code');
});

it.each([
  ['no words', { to: PHONE, body: ' \n' }, 'INVALID_REQUEST'],
  ['too many', { to: PHONE, body: 'x'.repeat(1_601) }, 'MESSAGE_TOO_LONG'],
  ['nothing', { to: PHONE }, 'INVALID_REQUEST'],
  ['both', { to: PHONE, body: 'x', template: 'verification' }, 'INVALID_REQUEST'],
  ['variables of nothing', { to: PHONE, body: 'x', variables: {} }, 'INVALID_REQUEST'],
  ['no phone', { to: '12', body: 'x' }, 'INVALID_PHONE_FORMAT'],
  ['no variables', { to: PHONE, template: 'verification', variables: [1] }, 'INVALID_REQUEST'],
  ['deep variables', { to: PHONE, template: 'verification', variables: { a: { b: 1 } } }, 'INVALID_REQUEST'],
  ['a channel that nobody carries', { to: PHONE, body: 'x', channel: 'voice' }, 'CHANNEL_UNAVAILABLE'],
  ['more', { to: PHONE, body: 'x', batchId: randomUUID() }, 'INVALID_REQUEST'],
])('refuses %s before any limit or money', async (_, request, code) => {
  expect(await send(request)).toMatchObject({ status: 400, body: { code } });
  expect(twilio.ledger).toHaveLength(0);
  expect(
    await rows('SELECT 1 FROM messages WHERE phone_key = ANY ($1)', [
      lookupKeysOf(new KeyRing(SECRET), PhoneNumber.parse(PHONE)),
    ]),
  ).toEqual([]);
});

it('counts with codes against the limits of a phone, exactly under 40 at once', async () => {
  const to = nextPhone();
  await app.call('POST', '/v1/verifications', { phone: to });
  const answers = await Promise.all(Array.from({ length: 40 }, () => send({ to, body: 'x' })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
  const refused = answers.find(({ status }) => status !== 201)!;
  expect([refused.status, refused.body.code, refused.body.limit]).toEqual([429, 'RATE_LIMIT_EXCEEDED', 'phone-hour']);
  expect(twilio.ledger).toHaveLength(5);
});

it('makes one text of many requests with one key, even if the first was cut off', async () => {
  const to = nextPhone();
  const headers = { 'idempotency-key': randomUUID() };
  twilio.script({ kind: 'latency', ms: 300 });
  const answers = await Promise.all(Array.from({ length: 5 }, () => send({ to, body: WORDS }, headers)));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409]);
  const again = await send({ to, body: WORDS }, headers);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await send({ to, body: 'other' }, headers)).toMatchObject({ status: 422 });
  // As after a crash between the answer and its keeping.
  await rows('UPDATE idempotency_keys SET answer_sealed = NULL, key_version = NULL, lease_until = now()');
  const repeat = await send({ to, body: WORDS }, headers);
  expect([repeat.status, repeat.body.id, repeat.body.status]).toEqual([201, again.body.id, 'accepted']);
  expect(twilio.ledger).toHaveLength(1);
});

it('goes to nobody who sent STOP', async () => {
  const to = nextPhone();
  await app.app.get(OptOuts).add(PhoneNumber.parse(to), 'tests');
  expect(await send({ to, body: 'x' })).toMatchObject({ status: 403, body: { reason: 'opted_out' } });
  expect(twilio.ledger).toHaveLength(0);
});

it('keeps its words unreadable, sends them again by another provider, and erases them when that is over', async () => {
  const to = nextPhone();
  twilio.script(...Array.from({ length: 20 }, () => ({ kind: 'status', status: 503 }) as const));
  sns.script(...Array.from({ length: 20 }, () => ({ kind: 'status', status: 429 }) as const));
  const { status, body } = await send({ to, body: WORDS });
  // Twilio's answer leaves open whether it is out, so it is either queued or unknown, and nothing is forgotten.
  expect([201, 503]).toContain(status);
  const id = body.id as string;
  const dump = (await dumpOf(app.app.get<AnyDatabase>(Database))).join('\n');
  for (const secret of ['Tomaten', to.slice(1), Buffer.from('Tomaten').toString('hex')]) {
    expect(dump).not.toContain(secret);
    expect(app.log()).not.toContain(secret);
  }
  sns.heal();
  await until(async () => sns.ledger.some((text) => text.body === WORDS));
  await until(async () => (await app.call('GET', `/v1/messages/${id}`)).body.status === 'accepted');
  expect(await wordsOf(id)).not.toBeNull(); // its network may still give up on it
  await rows(`UPDATE messages SET status = 'delivered', lease_until = NULL WHERE id = $1`, [id]);
  expect(await wordsOf(id)).toBeNull();
});

it('tells webhooks, and is shown to and erased for its person', async () => {
  const receiver = await WebhookReceiver.start();
  const to = nextPhone();
  await becomeAdmin(app);
  await app.call('POST', '/v1/webhook-endpoints', { url: receiver.url, events: ['message.accepted'] });
  const { body } = await send({ to, body: WORDS });
  await until(async () => receiver.types().includes('message.accepted'));
  const phone = PhoneNumber.parse(to);
  const shown = await app.call('POST', '/v1/phones/export', { phone: to });
  expect(shown.body.data.messages.texts).toMatchObject([{ id: body.id, content: { body: WORDS } }]);
  const erased = await app.call('POST', '/v1/phones/erase', { phone: to });
  expect(erased.body.erased.messages).toBeGreaterThan(0);
  const keys = lookupKeysOf(new KeyRing(SECRET), phone);
  expect(tracesOf(await dumpOf(app.app.get<AnyDatabase>(Database)), to, keys)).toEqual([]);
  await receiver.close();
});
