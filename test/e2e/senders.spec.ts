import { setTimeout as sleep } from 'node:timers/promises';

import { becomeAdmin } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { twilioEnv } from '../setup/process.js';
import { FakeLookup, FakeTwilio } from '../support/index.js';

jest.setTimeout(120_000);

const POOL = ['+12125551000', '+12125551001'];
const ORIGIN = 'https://sms.example.test';

let app: TestApp;
let twilio: FakeTwilio;
let lookup: FakeLookup;
let phones = 0;
beforeAll(async () => {
  [twilio, lookup] = await Promise.all([FakeTwilio.start(), FakeLookup.start()]);
  app = await startApp({
    ...twilioEnv(twilio),
    PUBLIC_BASE_URL: ORIGIN,
    TWILIO_FROM_NUMBERS: POOL.join(','),
    TWILIO_SENDER_IDS: 'GB:Acme',
    LOOKUP_PROVIDER: 'twilio',
    LOOKUP_BASE_URL: lookup.url,
    LOOKUP_TIMEOUT_MS: '5000',
  });
  twilio.reportsTo = app.url;
});
afterAll(async () => {
  await app.close();
  await Promise.all([twilio.close(), lookup.close()]);
  expect([...twilio.faults, ...lookup.faults]).toEqual([]);
});

const KEY = { authorization: 'Bearer test-key-0123456789abcdef' };
const newPhone = () => `+1415555${1_000 + phones++}`;
const start = (phone = newPhone()) => app.call('POST', '/v1/verifications', { phone }, KEY);
const senders = async () => (await app.call('GET', '/v1/admin/senders')).body.senders;
const path = (sender: string, what: string) => `/v1/admin/senders/${encodeURIComponent(sender)}/${what}`;

describe('senders, by the API', () => {
  it('are for operators alone', async () => {
    for (const [method, url] of [
      ['GET', '/v1/admin/senders'],
      ['POST', path(POOL[0]!, 'rest')],
      ['POST', path(POOL[0]!, 'wake')],
    ] as const) {
      expect((await app.call(method, url, method === 'POST' ? {} : undefined)).status).toBe(403);
      expect((await app.call(method, url, method === 'POST' ? {} : undefined, { authorization: '' })).status).toBe(401);
    }
    await becomeAdmin(app);
  });

  it('are listed with what is known of them', async () => {
    const number = { provider: 'twilio', kind: 'number', country: 'US', areaCode: '212', rule: null, resting: null };
    expect(await senders()).toEqual([
      {
        ...{ provider: 'twilio', sender: 'Acme', kind: 'name', country: 'GB', areaCode: null, rule: 'registration' },
        ...{ resting: null, sent: 0, deliveredShare: null },
      },
      ...POOL.map((sender) => ({ ...number, sender, sent: 0, deliveredShare: null })),
    ]);
  });

  it('rest by hand and wake again, which is written down', async () => {
    expect((await app.call('POST', path(POOL[0]!, 'rest'), { hours: 2 })).body).toEqual({ changed: 1 });
    for (let text = 0; text < 6; text++) await start();
    expect(new Set(twilio.ledger.map(({ from }) => from))).toEqual(new Set([POOL[1]]));
    const [, first] = await senders();
    expect(first.resting.reason).toBe('operator');
    expect((Date.parse(first.resting.until) - Date.parse(first.resting.since)) / 3_600_000).toBe(2);
    expect((await app.call('POST', path(POOL[0]!, 'wake'), {})).body).toEqual({ changed: 1 });
    const { acts } = (await app.call('GET', '/v1/admin/audit')).body;
    expect(acts.slice(0, 2)).toEqual([
      expect.objectContaining({ act: 'sender.wake', subject: POOL[0], who: 'operator' }),
      expect.objectContaining({ act: 'sender.rest', subject: POOL[0], who: 'operator' }),
    ]);
  });

  it.each([
    ['nothing of ours', '+12125559999', {}, 404],
    ['of another provider', POOL[0]!, { provider: 'aws-sns' }, 404],
    ['for no time', POOL[0]!, { hours: 0 }, 400],
    ['for ever', POOL[0]!, { hours: 721 }, 400],
    ['for a word', POOL[0]!, { hours: 'long' }, 400],
    ['with what is not asked', POOL[0]!, { until: 'tomorrow' }, 400],
  ])('do not rest: %s', async (_, sender, body, status) => {
    const answer = await app.call('POST', path(sender, 'rest'), body);
    expect([answer.status, typeof answer.body.hint]).toEqual([
      status,
      status === 404 ? 'string' : typeof answer.body.hint,
    ]);
  });

  it("rest by what Twilio's own signed reports say, three phones within the hour", async () => {
    const blocked = new Set<string>();
    while (blocked.size < 3) {
      const phone = newPhone();
      await start(phone);
      const text = twilio.ledger.at(-1)!;
      if (text.from !== POOL[0]) continue;
      expect(await twilio.report(text, 'undelivered', { errorCode: '30007', times: 2 })).toEqual([204, 204]);
      blocked.add(phone);
    }
    for (const end = performance.now() + 5_000; performance.now() < end && !(await senders())[1].resting; )
      await sleep(50);
    expect((await senders())[1].resting.reason).toBe('code 30007');
    const before = twilio.ledger.length;
    for (let text = 0; text < 6; text++) await start();
    expect(new Set(twilio.ledger.slice(before).map(({ from }) => from))).toEqual(new Set([POOL[1]]));
  });

  it('are the name of a country where there is one', async () => {
    await start('+447400123456');
    expect(twilio.ledger.at(-1)).toMatchObject({ to: '+447400123456', from: 'Acme' });
  });
});

describe('a lookup, by the API', () => {
  it('refuses a landline with the code of the policy, and tells nobody its number', async () => {
    const landline = newPhone();
    lookup.lines.set(landline, { type: 'landline' });
    const before = twilio.requests;
    const { status, body } = await start(landline);
    expect([status, body.code, body.reason]).toEqual([403, 'DESTINATION_NOT_ALLOWED', 'line_type']);
    expect(twilio.requests).toBe(before);
    expect(app.log()).not.toContain(landline.slice(2));
  });

  it('is on the bill of the day', async () => {
    const { byProvider } = (await app.call('GET', '/v1/admin/spend')).body;
    const usd = byProvider
      .filter(({ provider }: { provider: string }) => provider === 'twilio-lookup')
      .reduce((sum: number, part: { usd: number }) => sum + part.usd, 0);
    expect(usd).toBeCloseTo(lookup.ledger.length * 0.008, 6);
  });
});
