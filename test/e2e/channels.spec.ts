import { setTimeout as sleep } from 'node:timers/promises';

import { becomeAdmin } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { codeIn, credentials } from '../setup/instances.js';
import { FakeSns, FakeTwilio, type LedgerEntry } from '../support/index.js';

jest.setTimeout(120_000);

const ORIGIN = 'https://sms.example.test';
const CHANNELS = {
  TWILIO_WHATSAPP_FROM: '+15005550006',
  TWILIO_WHATSAPP_CONTENT_SID: `HX${'0'.repeat(32)}`,
  TWILIO_VOICE_FROM: '+15005550006',
};
const WHATSAPP_THEN_SMS = [{ channel: 'whatsapp', fallbackAfter: 5 }, { channel: 'sms' }];

let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let phones = 0;

async function begin(env: Record<string, string> = CHANNELS) {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  app = await startApp({ ...credentials(twilio, sns), PUBLIC_BASE_URL: ORIGIN, ...env });
  twilio.reportsTo = app.url;
}
async function end() {
  await app.close();
  await Promise.all([twilio.close(), sns.close()]);
}
const newPhone = () => `+1212555${1_000 + phones++}`;
const start = (body: object) => app.call('POST', '/v1/verifications', { phone: newPhone(), ...body });
const of = (channel: LedgerEntry['channel']) => twilio.ledger.filter((entry) => entry.channel === channel);
const until = async (holds: () => boolean | Promise<boolean>) => {
  for (const end = performance.now() + 25_000; performance.now() < end && !(await holds()); ) await sleep(100);
};
const messageOf = async (id: string) => (await app.call('GET', `/v1/messages/${id}`)).body;

describe('channels', () => {
  beforeAll(() => begin());
  afterAll(end);
  beforeEach(() => {
    twilio.ledger.length = 0;
    twilio.requests = 0;
  });

  it('are tried one after the other, and each shows in the timeline', async () => {
    const { status, body } = await start({ channels: WHATSAPP_THEN_SMS });
    expect([status, body.channel, body.delivery]).toEqual([201, 'whatsapp', 'accepted']);
    const [entry] = of('whatsapp');
    expect(await twilio.report(entry!, 'sent')).toEqual([204]);
    await until(() => of('sms').length > 0);
    await until(async () => (await messageOf(body.messageId)).attempts.at(-1).outcome === 'accepted');
    expect(twilio.ledger.map(({ channel }) => channel)).toEqual(['whatsapp', 'sms']);
    expect(codeIn(of('sms')[0]?.body)).toBe(codeIn(entry?.body));
    await twilio.report(entry!, 'read');
    const message = await messageOf(body.messageId);
    expect(message).toMatchObject({ status: 'delivered', channel: 'sms', channels: WHATSAPP_THEN_SMS });
    expect(message.attempts).toMatchObject([
      { provider: 'twilio', channel: 'whatsapp', outcome: 'accepted', report: 'delivered' },
      { provider: 'twilio', channel: 'sms', outcome: 'accepted' },
    ]);
    const read = (await app.call('GET', `/v1/verifications/${body.id}`)).body;
    expect(read).toMatchObject({ channel: 'sms', delivery: 'delivered' });
    const check = await app.call('POST', `/v1/verifications/${body.id}/check`, { code: codeIn(entry?.body) });
    expect(check.body).toMatchObject({ valid: true });
    expect(app.log()).not.toContain(codeIn(entry?.body));
    expect(app.log()).not.toContain(entry?.to.slice(1));
  });

  it('go on at once when WhatsApp does not know the number, and remember it', async () => {
    const phone = newPhone();
    const { body } = await app.call('POST', '/v1/verifications', { phone, channels: WHATSAPP_THEN_SMS });
    const begun = performance.now();
    await twilio.report(of('whatsapp')[0]!, 'undelivered', { errorCode: '63024' });
    await until(() => of('sms').length > 0);
    expect(performance.now() - begun).toBeLessThan(4_500);
    expect((await messageOf(body.messageId)).attempts[0]).toMatchObject({ reportCode: '63024', notOnChannel: true });
    const again = await app.call('POST', '/v1/verifications', { phone, channels: WHATSAPP_THEN_SMS });
    expect(again.body).toMatchObject({ channel: 'sms' });
  });

  it('include a call, whose end is its delivery', async () => {
    const { body } = await start({ channel: 'voice', locale: 'de' });
    const [call] = of('voice');
    expect(call?.body).toBe(`Ihr Code lautet: ${codeIn(call?.body)}.`);
    expect(call?.fields.StatusCallback).toMatch(/^https:\/\/sms\.example\.test\/v1\/webhooks\/twilio\/.*#rc=5&rp=all$/);
    for (const [said, shown] of [
      ['ringing', 'sent'],
      ['in-progress', 'sent'],
      ['completed', 'delivered'],
    ] as const) {
      expect(await twilio.report(call!, said)).toEqual([204]);
      expect((await messageOf(body.messageId)).status).toBe(shown);
    }
  });

  it('are there for logins, too', async () => {
    const ask = (path: string, body: object) => app.call('POST', path, body, { authorization: '' });
    const begun = await ask('/v1/auth/phone/start', { phone: newPhone(), channels: WHATSAPP_THEN_SMS });
    expect(begun).toMatchObject({ status: 201, body: { channel: 'whatsapp' } });
    const refused = await ask('/v1/auth/phone/start', { phone: newPhone(), channel: 'fax' });
    expect(refused.status).toBe(400);
  });

  it.each<[string, object]>([
    ['an unknown channel', { channel: 'fax' }],
    ['both members', { channel: 'sms', channels: WHATSAPP_THEN_SMS }],
    ['no channel', { channels: [] }],
    ['the same twice', { channels: [{ channel: 'sms', fallbackAfter: 5 }, { channel: 'sms' }] }],
    ['no time in between', { channels: [{ channel: 'whatsapp' }, { channel: 'sms' }] }],
    ['too short a time', { channels: [{ channel: 'whatsapp', fallbackAfter: 1 }, { channel: 'sms' }] }],
    ['something else in it', { channels: [{ channel: 'sms', to: '+14155552671' }] }],
    ['nothing', { channels: null }],
  ])('are refused before anything is sent with %s', async (_, body) => {
    const refused = await start(body);
    expect(refused).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    expect(JSON.stringify(refused.body)).not.toContain('4155552671');
    expect([twilio.requests, sns.requests]).toEqual([0, 0]);
  });

  it('are told apart by what they cost', async () => {
    await start({ channel: 'voice' });
    await becomeAdmin(app);
    const { body } = await app.call('GET', '/v1/admin/spend');
    expect(body.byChannel).toEqual(expect.arrayContaining([expect.objectContaining({ channel: 'voice' })]));
  });
});

describe('channels that nobody carries', () => {
  beforeAll(() => begin({}));
  afterAll(end);

  it.each([
    ['whatsapp', /TWILIO_WHATSAPP_FROM or TWILIO_MESSAGING_SERVICE_SID and TWILIO_WHATSAPP_CONTENT_SID/],
    ['voice', /TWILIO_VOICE_FROM/],
  ])('are refused, and it is said what %s would need', async (channel, hint) => {
    for (const body of [{ channel }, { channels: [{ channel: 'sms', fallbackAfter: 20 }, { channel }] }]) {
      const refused = await start(body);
      expect(refused).toMatchObject({ status: 400, body: { code: 'CHANNEL_UNAVAILABLE', channel } });
      expect(refused.body.hint).toMatch(hint);
    }
    expect([twilio.requests, sns.requests]).toEqual([0, 0]);
  });
});

describe('in simulation', () => {
  it('all channels work', async () => {
    app = await startApp({ SMS_SIMULATION_MODE: 'true' });
    for (const channel of ['sms', 'whatsapp', 'voice'])
      expect((await start({ channel })).body).toMatchObject({ channel, delivery: 'accepted' });
    await app.close();
  });
});
