import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Database, DatabaseUnavailable } from '../../src/prisma/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { serverUrl } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { deliver, FakeGateway, FakeSns, FakeTwilio, twilioSignature, type LedgerEntry } from '../support/index.js';

jest.setTimeout(120_000);

const ORIGIN = 'https://sms.example.test';
const PHONE = '+14155552671';
const OPTED_OUT = { status: 403, code: 'DESTINATION_NOT_ALLOWED', reason: 'opted_out' };

let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp;
let phones = 0;

async function begin(env: Record<string, string> = {}) {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  app = await startApp({ ...credentials(twilio, sns), PUBLIC_BASE_URL: ORIGIN, ...env });
  twilio.reportsTo = app.url;
}
const SECRET = 'a shared secret of more than 32 characters';
let gateway: FakeGateway;
async function withGateway(env: Record<string, string>) {
  gateway = await FakeGateway.start();
  await begin({
    SMS_HTTP_URL: `${gateway.url}/sms`,
    SMS_HTTP_HEADERS: '{"Content-Type":"application/json","X-Api-Key":"gateway-key"}',
    SMS_HTTP_BODY: '{"to":"{to}","text":"{text}","ref":"{ref}","reportUrl":"{reportUrl}"}',
    ...env,
  });
}
async function end() {
  await app.close();
  await Promise.all([twilio.close(), sns.close()]);
}
beforeEach(() => {
  for (const fake of [twilio, sns]) {
    fake.heal();
    fake.ledger.length = 0;
    fake.requests = 0;
  }
  twilio.reports = [];
  twilio.reportFirst = false;
});

const newPhone = () => `+1212555${1_000 + phones++}`;
const start = async (phone = newPhone()) => (await app.call('POST', '/v1/verifications', { phone })).body;
const messageOf = async ({ messageId }: { messageId: string }) =>
  (await app.call('GET', `/v1/messages/${messageId}`)).body;
const texts = () => [...twilio.ledger, ...sns.ledger];
const newest = () => twilio.ledger.at(-1)!;
const until = async (holds: () => boolean | Promise<boolean>) => {
  for (const end = performance.now() + 15_000; performance.now() < end && !(await holds()); ) await sleep(50);
};
const attemptOf = ({ fields }: LedgerEntry) => new URL(fields.StatusCallback ?? '').pathname.split('/').at(-1) ?? '';

const fields = () => gateway.ledger.at(-1)!.fields;
const call = (more: string) => {
  const { pathname, search } = new URL(fields().reportUrl ?? '');
  return app.call('GET', pathname + search + more, undefined, { authorization: '' });
};
const signed = (report: object, secret = SECRET) => {
  const body = JSON.stringify(report);
  const [id, at] = [randomUUID(), Math.floor(Date.now() / 1_000)];
  const mac = createHmac('sha256', secret).update(`${id}.${at}.${body}`).digest('base64');
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${mac}` };
  return app.call('POST', '/v1/webhooks/http/http', body, { ...headers, authorization: '' });
};

describe("Twilio's reports", () => {
  beforeAll(() => begin());
  afterAll(end);

  it('are asked for at the one address that they are verified against', async () => {
    await start();
    expect(newest().fields.StatusCallback).toMatch(
      /^https:\/\/sms\.example\.test\/v1\/webhooks\/twilio\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}#rc=5&rp=all$/,
    );
  });

  it('show how far a text is', async () => {
    const started = await start(PHONE);
    expect(started).toMatchObject({ delivery: 'accepted', messageId: expect.any(String) });
    for (const [said, shown] of [
      ['sending', 'accepted'],
      ['sent', 'sent'],
      ['delivered', 'delivered'],
    ] as const) {
      expect(await twilio.report(newest(), said)).toEqual([204]);
      const read = (await app.call('GET', `/v1/verifications/${started.id}`)).body;
      expect(read).toMatchObject({ delivery: shown, messageId: started.messageId });
    }
    expect(await messageOf(started)).toEqual({
      id: started.messageId,
      status: 'delivered',
      phone: '+******2671',
      channel: 'sms',
      createdAt: expect.any(String),
      attempts: [
        {
          provider: 'twilio',
          channel: 'sms',
          outcome: 'accepted',
          report: 'delivered',
          startedAt: expect.any(String),
          endedAt: expect.any(String),
          reportedAt: expect.any(String),
        },
      ],
    });
    expect(app.log()).not.toContain('4155552671');
  });

  it('that overtake the answer to the POST find their attempt', async () => {
    twilio.reports = ['queued', 'sent', 'delivered'];
    twilio.reportFirst = true;
    const started = await start();
    expect(await messageOf(started)).toMatchObject({ status: 'delivered', attempts: [{ outcome: 'accepted' }] });
    expect(texts()).toHaveLength(1);
  });

  it('that overtake an answer which never comes make the text taken: no second one is sent', async () => {
    twilio.reports = ['sent', 'delivered'];
    twilio.reportFirst = true;
    twilio.behave({ kind: 'accept-then-reset' });
    expect(await start()).toMatchObject({ delivery: 'delivered' });
    expect(texts()).toHaveLength(1);
  });

  it('that come after a lost answer correct it, and there is no third text', async () => {
    twilio.behave({ kind: 'accept-then-reset' });
    const started = await start();
    expect(await messageOf(started)).toMatchObject({
      attempts: [{ outcome: 'unknown' }, { provider: 'aws-sns', outcome: 'accepted' }],
    });
    await twilio.report(newest(), 'delivered', { times: 2 });
    const read = await messageOf(started);
    expect(read).toMatchObject({ status: 'delivered', attempts: [{ outcome: 'accepted', report: 'delivered' }, {}] });
    expect(read.attempts[0]).not.toHaveProperty('fault');
    await sleep(1_500);
    expect(texts()).toHaveLength(2);
  });

  it('that a text did not arrive send its code through the next provider, once', async () => {
    const started = await start();
    await twilio.report(newest(), 'undelivered', { errorCode: '30003', times: 3 });
    await until(() => sns.ledger.length > 0);
    await twilio.report(newest(), 'undelivered', { errorCode: '30003' });
    await sleep(1_500);
    expect([twilio.ledger.length, sns.ledger.length]).toEqual([1, 1]);
    expect(codeIn(sns.ledger[0]?.body)).toBe(codeIn(newest().body));
    expect(await messageOf(started)).toMatchObject({
      attempts: [
        { provider: 'twilio', report: 'undelivered', reportCode: '30003' },
        { provider: 'aws-sns', outcome: 'accepted', followUp: true },
      ],
    });
  });

  it.each(['30006', '30450'])('with code %s send nothing more', async (errorCode) => {
    const started = await start();
    await twilio.report(newest(), 'undelivered', { errorCode });
    await sleep(1_500);
    expect(texts()).toHaveLength(1);
    expect(await messageOf(started)).toMatchObject({ status: 'undelivered', attempts: [{ reportCode: errorCode }] });
  });

  it('about no text of ours are nothing to try again', async () => {
    await start();
    const StatusCallback = `${ORIGIN}/v1/webhooks/twilio/${randomUUID()}#rc=5&rp=all`;
    expect(await twilio.report({ ...newest(), fields: { StatusCallback } }, 'delivered')).toEqual([204]);
  });

  it('are told again while the database is away, and then count', async () => {
    const started = await start();
    const query = jest.spyOn(app.app.get(Database), 'query').mockImplementation((statement) => {
      if (statement.name === 'record_report') query.mockRestore();
      return Promise.reject(new DatabaseUnavailable(new Error('away on purpose')));
    });
    expect(await twilio.report(newest(), 'delivered')).toEqual([503, 204]);
    expect(await messageOf(started)).toMatchObject({ status: 'delivered' });
  });

  it('that are forged are refused, and change nothing', async () => {
    const started = await start();
    const before = await messageOf(started);
    const entry = newest();
    const url = `${ORIGIN}/v1/webhooks/twilio/${attemptOf(entry)}`;
    const fields = { MessageSid: entry.id, MessageStatus: 'delivered', AccountSid: twilio.accountSid, To: entry.to };
    const form = new URLSearchParams(fields);
    const doubled = new URLSearchParams([...form, ['MessageStatus', 'delivered']]);
    const sign = (signed: string, token = 'test-token', of = form) => twilioSignature(token, signed, of);
    const send = (more: Partial<Parameters<typeof deliver>[0]>) =>
      deliver({ url, origin: app.url, form, signature: sign(url), ...more });
    const forged: Record<string, Partial<Parameters<typeof deliver>[0]>> = {
      'no signature': { signature: '' },
      'another token': { signature: sign(url, 'other') },
      'for http': { signature: sign(url.replace('https', 'http')) },
      'for where it is sent to': { signature: sign(url.replace(ORIGIN, app.url)) },
      'for another host': { signature: sign(url.replace('sms.', 'evil.')) },
      'for an upper-case host': { signature: sign(url.replace('sms.example', 'SMS.EXAMPLE')) },
      'for a trailing slash': { signature: sign(`${url}/`) },
      'to a query': { url: `${url}?a=1`, signature: sign(`${url}?a=1`) },
      'a parameter twice': { form: doubled, signature: sign(url) },
      'a parameter twice, signed so': { form: doubled, signature: sign(url, 'test-token', doubled) },
      'to the address of replies': { url: `${ORIGIN}/v1/webhooks/twilio/inbound` },
    };
    for (const [how, more] of Object.entries(forged)) expect([how, await send(more)]).toEqual([how, 403]);
    expect(await send({ url: `${url}/`, signature: sign(`${url}/`) })).toBe(404);
    const spoofed = { 'x-forwarded-host': 'evil.example.test', 'x-forwarded-proto': 'https', authorization: '' };
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const signature = { 'x-twilio-signature': sign(url.replace('sms.', 'evil.')) };
    const answer = await app.call('POST', new URL(url).pathname, form.toString(), {
      ...spoofed,
      ...type,
      ...signature,
    });
    expect([answer.status, answer.body.code]).toEqual([403, 'UNAUTHORIZED']);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);

    expect(await messageOf(started)).toEqual(before);
    expect(await send({})).toBe(204);
    expect(await send({ signature: sign(url.replace(ORIGIN, `${ORIGIN}:443`)) })).toBe(204);
    expect(await messageOf(started)).toMatchObject({ status: 'delivered' });
  });
});

describe('a storm of reports', () => {
  // With nobody else to ask, silence while the storm is made up means nothing.
  beforeAll(() => begin({ SMS_PROVIDERS: 'twilio' }));
  afterAll(end);

  it('leaves the same end state as the same in order: doubled, shuffled and at once', async () => {
    const CHAINS = [
      ['queued', 'sending', 'sent', 'delivered'],
      ['sent', 'undelivered'],
      ['sending', 'failed'],
      ['sent'],
    ] as const;
    const END = ['delivered', 'undelivered', 'failed', 'sent'];
    const started: { messageId: string }[] = [];
    const TEXTS = serverUrl ? 320 : 160;
    for (let i = 0; i < TEXTS; i++) started.push(await start());
    const reports = twilio.ledger.flatMap((entry, i) => {
      const chain = CHAINS[i % CHAINS.length] ?? [];
      return [...chain, ...chain].map((status) => ({ entry, status }));
    });
    const all = Array.from({ length: 3 }, () => reports).flat();
    for (let i = all.length - 1; i > 0; i--) {
      const j = Math.floor(Math.random() * (i + 1));
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    const requests = all.map(({ entry, status }) => {
      const url = `${ORIGIN}/v1/webhooks/twilio/${attemptOf(entry)}`;
      const form = new URLSearchParams({
        MessageSid: entry.id,
        MessageStatus: status,
        AccountSid: twilio.accountSid,
        // Nothing that another provider would be asked for.
        ...((status === 'undelivered' || status === 'failed') && { ErrorCode: '30005' }),
      });
      return { url, origin: app.url, form, signature: twilioSignature('test-token', url, form) };
    });
    const begun = performance.now();
    const answers: number[] = [];
    const queue = requests.values();
    const sender = async () => {
      for (const request of queue) answers.push(await deliver(request));
    };
    await Promise.all(Array.from({ length: 32 }, sender));
    const secs = (performance.now() - begun) / 1_000;
    process.stdout.write(`${answers.length} reports over HTTP: ${Math.round(answers.length / secs)} a second\n`);

    expect(new Set(answers)).toEqual(new Set([204]));
    for (const [i, one] of started.entries()) {
      const end = END[i % END.length];
      expect(await messageOf(one)).toMatchObject({ status: end, attempts: [{ report: end }] });
    }
    expect(texts()).toHaveLength(started.length);
  });
});

describe('a person who asked for no more texts', () => {
  const texted = (fields: Record<string, string>, token = 'test-token') => {
    const url = `${ORIGIN}/v1/webhooks/twilio/inbound`;
    const form = new URLSearchParams({ MessageSid: `SM${'1'.repeat(32)}`, AccountSid: twilio.accountSid, ...fields });
    return app.call('POST', new URL(url).pathname, form.toString(), {
      authorization: '',
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': twilioSignature(token, url, form),
    });
  };

  beforeAll(() => begin());
  afterAll(end);

  it('by STOP gets none from any provider, and no limit is taken, until START', async () => {
    const first = await start(PHONE);
    expect(first).toMatchObject({ sendsLeft: 4 });
    expect(await texted({ From: PHONE, Body: 'Stop' }, 'other')).toMatchObject({ status: 403 });
    const answer = await texted({ From: PHONE, Body: 'Stop' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toMatch(/^text\/xml/);
    expect(answer.body).toBe('<?xml version="1.0" encoding="UTF-8"?><Response/>');

    expect((await app.call('POST', '/v1/verifications', { phone: PHONE })).body).toMatchObject(OPTED_OUT);
    const resend = await app.call('POST', `/v1/verifications/${first.id}/resend`, {});
    expect(resend.body).toMatchObject(OPTED_OUT);
    expect([twilio.requests, sns.requests]).toEqual([1, 0]);
    expect(await start()).toMatchObject({ delivery: 'accepted' }); // nobody else is meant

    expect((await texted({ From: PHONE, Body: 'x', OptOutType: 'START' })).status).toBe(200);
    expect(await start(PHONE)).toMatchObject({ delivery: 'accepted', sendsLeft: 3 });
  });

  it('as Twilio says at the first text is asked of no provider after that', async () => {
    const phone = newPhone();
    twilio.behave({ kind: 'reject', code: '21610' });
    for (let i = 0; i < 3; i++) expect(await start(phone)).toMatchObject(OPTED_OUT);
    expect([twilio.requests, sns.requests]).toEqual([1, 0]);
    await texted({ From: phone, Body: 'START' });
    twilio.heal();
    expect(await start(phone)).toMatchObject({ delivery: 'accepted', sendsLeft: 4 });
  });

  it('as a report says gets no follow-up and no more texts', async () => {
    const phone = newPhone();
    await start(phone);
    await twilio.report(newest(), 'failed', { errorCode: '21610' });
    await sleep(1_500);
    expect(await start(phone)).toMatchObject(OPTED_OUT);
    expect([twilio.requests, sns.requests]).toEqual([1, 0]);
    await texted({ From: phone, Body: 'START' });
    await twilio.report(newest(), 'failed', { errorCode: '21610' }); // once more, late
    expect(await start(phone)).toMatchObject({ delivery: 'accepted' });
  });
});

describe("a gateway's reports", () => {
  beforeAll(() => withGateway({ SMS_PROVIDERS: 'http,aws-sns', SMS_WEBHOOK_SECRET: SECRET }));
  afterAll(() => Promise.all([end(), gateway.close()]));

  it('come by the URL that it got with the text', async () => {
    const started = await start();
    expect(fields().reportUrl).toMatch(`${ORIGIN}/v1/webhooks/http/http?ref=${fields().ref}&token=`);
    expect((await call('&status=8')).status).toBe(200);
    expect(await messageOf(started)).toMatchObject({ status: 'sent' });
    expect((await call('&status=1')).status).toBe(200);
    expect(await messageOf(started)).toMatchObject({ status: 'delivered' });
  });

  it('come as signed JSON', async () => {
    const started = await start();
    const report = { ref: fields().ref, status: 'undelivered', code: 'EC_ABSENT', costMicros: 7_500 };
    expect((await signed(report, SECRET.toUpperCase())).body).toMatchObject({ status: 403, code: 'UNAUTHORIZED' });
    expect(await messageOf(started)).toMatchObject({ status: 'accepted' });
    expect((await signed(report)).status).toBe(204);
    await until(() => sns.ledger.length > 0);
    expect(codeIn(sns.ledger[0]?.body)).toBe(codeIn(gateway.ledger.at(-1)?.body));
    expect(await messageOf(started)).toMatchObject({ attempts: [{ reportCode: 'EC_ABSENT' }, { followUp: true }] });
  });

  it('say what cannot be read of them once they are proven', async () => {
    await start();
    expect((await signed({ ref: fields().ref, status: 'DELIVRD' })).body).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      detail: expect.stringContaining('status must be'),
    });
    expect((await call('&status=3')).status).toBe(400);
  });

  it('are refused with a token of another attempt, or none, or for another provider', async () => {
    const started = await start();
    const first = new URL(fields().reportUrl ?? '');
    await start();
    const other = new URL(fields().reportUrl ?? '').searchParams.get('token') ?? '';
    const get = (path: string) => app.call('GET', path, undefined, { authorization: '' });
    first.searchParams.set('status', 'failed');
    const right = first.pathname + first.search;
    first.searchParams.set('token', other);
    for (const path of [
      first.pathname + first.search,
      `/v1/webhooks/http/http?ref=${fields().ref}&status=failed`,
      right.replace('/http?', '/twilio?'),
      right.replace('/http?', '/mock?'),
    ]) {
      expect([path, (await get(path)).status]).toEqual([path, 403]);
    }
    expect(await messageOf(started)).toMatchObject({ status: 'accepted' });
  });
});

describe('what became of a text', () => {
  beforeAll(() => begin());
  afterAll(end);

  it('is for holders of a key, and of a text that is there', async () => {
    const { messageId } = await start();
    const get = (id: string, headers = {}) => app.call('GET', `/v1/messages/${id}`, undefined, headers);
    expect((await get(messageId, { authorization: '' })).status).toBe(401);
    for (const id of [randomUUID(), 'x', '%00', "'"]) {
      expect((await get(id)).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  });
});

describe('without an address and without a secret', () => {
  beforeAll(() => withGateway({ SMS_PROVIDERS: 'aws-sns,http,twilio', PUBLIC_BASE_URL: '', SMS_HTTP_BODY: '' }));
  afterAll(() => Promise.all([end(), gateway.close()]));

  it('a person who asked Amazon for no more texts is not texted by others either', async () => {
    sns.behave({ kind: 'reject', code: 'OptedOut' });
    const phone = newPhone();
    for (let i = 0; i < 2; i++) expect(await start(phone)).toMatchObject(OPTED_OUT);
    expect([sns.requests, gateway.requests, twilio.requests]).toEqual([1, 0, 0]);
  });

  it('no report of a gateway is taken', async () => {
    sns.behave({ kind: 'reject', code: 'Throttling' });
    await start();
    expect((await signed({ ref: fields().ref, status: 'delivered' }, '')).status).toBe(403);
  });

  it('no report is asked of Twilio, and none is taken', async () => {
    sns.behave({ kind: 'reject', code: 'Throttling' });
    gateway.behave({ kind: 'status', status: 429 });
    await start();
    expect(newest().fields).not.toHaveProperty('StatusCallback');
    const answer = await app.call('POST', `/v1/webhooks/twilio/${randomUUID()}`, undefined, { authorization: '' });
    expect([answer.status, answer.body.code]).toEqual([403, 'UNAUTHORIZED']);
  });
});
