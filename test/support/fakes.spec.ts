import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { GetSMSAttributesCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { type Behaviour, FakeGateway, type FakeProvider, FakeSns, FakeTwilio, selfSigned } from './index.js';

const open: FakeProvider[] = [];
const opened = async <T extends FakeProvider>(starting: Promise<T>): Promise<T> => {
  const fake = await starting;
  open.push(fake);
  return fake;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((fake) => fake.close()));
});

const FORM = { To: '+14155550100', From: '+15005550006', Body: 'Your code is 123456' };
const ACCOUNT = `/2010-04-01/Accounts/AC${'0'.repeat(32)}`;
const basic = (token = 'test-token'): string =>
  `Basic ${Buffer.from(`AC${'0'.repeat(32)}:${token}`).toString('base64')}`;

const post = (fake: FakeTwilio, form: Record<string, string> = FORM, init: RequestInit = {}): Promise<Response> =>
  fetch(`${fake.url}${ACCOUNT}/Messages.json`, {
    method: 'POST',
    headers: { authorization: basic() },
    body: new URLSearchParams(form),
    redirect: 'manual',
    ...init,
  });

describe('FakeTwilio', () => {
  let fake: FakeTwilio;
  beforeEach(async () => {
    fake = await opened(FakeTwilio.start());
  });

  it('accepts a message into the ledger', async () => {
    const answer = await post(fake, { ...FORM, ValidityPeriod: '300', StatusCallback: 'https://example.org/cb' });
    expect(answer.status).toBe(201);
    const entry = fake.ledger[0];
    expect(entry).toMatchObject({ to: FORM.To, from: FORM.From, body: FORM.Body, validitySecs: 300 });
    await expect(answer.json()).resolves.toMatchObject({ sid: entry?.id, status: 'queued', to: FORM.To });
    expect(fake).toMatchObject({ requests: 1, faults: [], peakInFlight: 1, peakSockets: 1 });
  });

  it.each([
    ['an unknown field', { ...FORM, Colour: 'red' }, 20001],
    ['an enum value that Twilio does not know', { ...FORM, RiskCheck: 'maybe' }, 20001],
    ['no To', { From: FORM.From, Body: 'x' }, 21604],
    ['a To that is not E.164', { ...FORM, To: '0415' }, 21211],
    ['no Body', { To: FORM.To, From: FORM.From }, 21602],
    ['a long Body', { ...FORM, Body: 'x'.repeat(1601) }, 21617],
    ['no sender', { To: FORM.To, Body: 'x' }, 21603],
    ['a validity of nothing', { ...FORM, ValidityPeriod: '0' }, 20001],
  ])('counts %s as a fault', async (_, form: Record<string, string>, code) => {
    const answer = await post(fake, form);
    expect(answer.status).toBe(400);
    await expect(answer.json()).resolves.toMatchObject({ code, status: 400 });
    expect(fake.faults).toHaveLength(1);
    expect(fake.ledger).toEqual([]);
  });

  it.each([
    ['+15005550001', 21211],
    ['+15005550003', 21408],
    ['+15005550004', 21610],
    ['+15005550009', 21614],
  ])('refuses the magic number %s, which is no fault', async (To, code) => {
    await expect((await post(fake, { ...FORM, To })).json()).resolves.toMatchObject({ code });
    expect(fake).toMatchObject({ ledger: [], faults: [] });
  });

  it('refuses a wrong password', async () => {
    const answer = await post(fake, FORM, { headers: { authorization: basic('wrong') } });
    expect(answer.status).toBe(401);
    await expect(answer.json()).resolves.toMatchObject({ code: 20003 });
    expect(fake).toMatchObject({ ledger: [], faults: [], requests: 1 });
  });

  it('answers pings apart from messages', async () => {
    const ping = (): Promise<Response> => fetch(`${fake.url}${ACCOUNT}.json`, { headers: { authorization: basic() } });
    fake.accountStatus = 'suspended';
    await expect((await ping()).json()).resolves.toMatchObject({ status: 'suspended', type: 'Full' });
    fake.down();
    expect((await ping()).status).toBe(503);
    expect((await post(fake)).status).toBe(503);
    fake.heal();
    expect((await ping()).status).toBe(200);
    expect(fake).toMatchObject({ pings: 3, requests: 1 });
  });

  it('is controlled over HTTP', async () => {
    const order = (body: unknown): Promise<Response> =>
      fetch(`${fake.url}/_control`, { method: 'POST', body: JSON.stringify(body) });
    expect((await order({ behaviour: { kind: 'status', status: 502 }, times: 1 })).status).toBe(204);
    expect((await post(fake)).status).toBe(502);
    expect((await post(fake)).status).toBe(201);
    expect((await order({ behaviour: { kind: 'sulk' } })).status).toBe(400);
    await expect((await fetch(`${fake.url}/_ledger`)).json()).resolves.toEqual(fake.ledger);
    await fetch(`${fake.url}/_ledger`, { method: 'DELETE' });
    expect(fake.ledger).toEqual([]);
  });

  it('plays a script once', async () => {
    fake.script({ kind: 'status', status: 500 }, { kind: 'reject', code: '20429' });
    const statuses = [(await post(fake)).status, (await post(fake)).status, (await post(fake)).status];
    expect(statuses).toEqual([500, 429, 201]);
    expect(fake.ledger).toHaveLength(1);
  });
});

describe('behaviours', () => {
  let fake: FakeTwilio;
  beforeEach(async () => {
    fake = await opened(FakeTwilio.start());
  });
  const play = (behaviour: Behaviour, init?: RequestInit): Promise<Response> => {
    fake.behave(behaviour);
    return post(fake, FORM, init);
  };
  const inLedger = (): number => fake.ledger.length;

  it('latency answers late', async () => {
    const at = performance.now();
    expect((await play({ kind: 'latency', ms: 150 })).status).toBe(201);
    expect(performance.now() - at).toBeGreaterThan(140);
    expect(inLedger()).toBe(1);
  });

  it('status, reject and redirect refuse', async () => {
    const raw = await play({ kind: 'status', status: 418, body: 'tea', headers: { 'x-pot': 'yes' } });
    expect([raw.status, raw.headers.get('x-pot'), await raw.text()]).toEqual([418, 'yes', 'tea']);
    const own = await play({ kind: 'reject', code: '20003' });
    expect([own.status, await own.json()]).toMatchObject([401, { code: 20003 }]);
    const away = await play({ kind: 'redirect', location: 'http://127.0.0.1:1/' });
    expect([away.status, away.headers.get('location')]).toEqual([307, 'http://127.0.0.1:1/']);
    expect(inLedger()).toBe(0);
  });

  it('accept-then-status speaks the error format', async () => {
    const answer = await play({ kind: 'accept-then-status', status: 503 });
    await expect(answer.json()).resolves.toMatchObject({ code: 20503, status: 503 });
    expect(inLedger()).toBe(1);
  });

  it.each([
    ['accept-then-silence', 1],
    ['blackhole', 0],
  ] as const)('%s never answers', async (kind, accepted) => {
    await expect(play({ kind }, { signal: AbortSignal.timeout(200) })).rejects.toThrow(/timeout/);
    expect(inLedger()).toBe(accepted);
  });

  it('accept-then-reset resets before, reset-mid-body after the headers', async () => {
    await expect(play({ kind: 'accept-then-reset' })).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    const answer = await play({ kind: 'reset-mid-body' });
    expect(answer.status).toBe(201);
    await expect(answer.text()).rejects.toThrow();
    expect(inLedger()).toBe(2);
  });

  it('slow-loris never ends its body', async () => {
    const answer = await play({ kind: 'slow-loris' });
    expect(answer.status).toBe(201);
    const reader = answer.body!.getReader();
    const bytes = [(await reader.read()).value?.length, (await reader.read()).value?.length];
    expect(bytes).toEqual([expect.any(Number), expect.any(Number)]);
    expect(bytes[0]! + bytes[1]!).toBeLessThan(10);
    await reader.cancel();
    expect(inLedger()).toBe(1);
  });

  it('html answers 200 with a page', async () => {
    const answer = await play({ kind: 'html' });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(inLedger()).toBe(1);
  });

  it('huge-body stops when the reader does', async () => {
    const answer = await play({ kind: 'huge-body' });
    await answer.body!.getReader().read();
    await sleep(200);
    const streamed = fake.bytesStreamed;
    expect(streamed).toBeGreaterThan(0);
    expect(streamed).toBeLessThan(100 * 1024 * 1024);
    await sleep(100);
    expect(fake.bytesStreamed).toBe(streamed);
    expect(inLedger()).toBe(1);
  });

  it('huge-body and gzip-bomb are 100 MB to a reader that takes them', async () => {
    const size = async (answer: Response): Promise<number> => {
      let bytes = 0;
      for await (const chunk of answer.body!) bytes += (chunk as Uint8Array).length;
      return bytes;
    };
    await expect(size(await play({ kind: 'huge-body' }))).resolves.toBe(100 * 1024 * 1024);
    expect(fake.bytesStreamed).toBe(100 * 1024 * 1024);
    const bomb = await play({ kind: 'gzip-bomb' });
    expect([bomb.status, bomb.headers.get('content-encoding')]).toEqual([200, 'gzip']);
    expect(Number(bomb.headers.get('content-length') ?? 0)).toBeLessThan(1024 * 1024);
    await expect(size(bomb)).resolves.toBe(100 * 1024 * 1024);
    expect(inLedger()).toBe(2);
  });

  it('bad-id is malformed in the answer only', async () => {
    await expect((await play({ kind: 'bad-id' })).json()).resolves.toMatchObject({ sid: 'SM-not-a-sid' });
    expect(fake.ledger[0]?.id).toMatch(/^SM[0-9a-f]{32}$/);
  });

  it('close ends every exchange under way', async () => {
    const silent = play({ kind: 'accept-then-silence' });
    const late = play({ kind: 'latency', ms: 60_000 });
    const ended = Promise.allSettled([silent, late]);
    while (fake.inFlight < 2) await sleep(5);
    await fake.close();
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(fake).toMatchObject({ inFlight: 0, peakInFlight: 2, peakSockets: 2, faults: [] });
  });
});

describe('TLS', () => {
  it('serves, and resets the connection below', async () => {
    const tls = selfSigned();
    const fake = await opened(FakeTwilio.start({ tls }));
    const call = (): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const headers = { authorization: basic(), 'content-type': 'application/x-www-form-urlencoded' };
        const options = { method: 'POST', headers, ca: tls.cert, agent: false } as const;
        const req = httpsRequest(`${fake.url}${ACCOUNT}/Messages.json`, options, (res) => {
          res.resume().once('end', () => resolve(res.statusCode));
        });
        req.once('error', reject).end(new URLSearchParams(FORM).toString());
      });
    await expect(call()).resolves.toBe(201);
    fake.behave({ kind: 'accept-then-reset' });
    await expect(call()).rejects.toMatchObject({ code: 'ECONNRESET' });
    while (fake.inFlight > 0) await sleep(5);
    expect(fake.faults).toEqual([]);
    expect(fake.ledger).toHaveLength(2);
  });
});

describe('FakeSns', () => {
  let fake: FakeSns;
  beforeEach(async () => {
    fake = await opened(FakeSns.start());
  });
  const client = (credentials: { accessKeyId?: string; secretAccessKey?: string } = {}): SNSClient =>
    new SNSClient({
      endpoint: fake.url,
      region: 'us-east-1',
      maxAttempts: 1,
      credentials: { accessKeyId: 'AKIAFAKE00000000', secretAccessKey: 'fake-secret', ...credentials },
    });
  const publish = (PhoneNumber = '+14155550100'): PublishCommand =>
    new PublishCommand({
      PhoneNumber,
      Message: "Your code is 1+1=2 & <3> ~!*'() é",
      MessageAttributes: {
        'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' },
        'AWS.SNS.SMS.SenderID': { DataType: 'String', StringValue: 'Sixdigit' },
      },
    });

  it('accepts what the SDK signs', async () => {
    const { MessageId } = await client().send(publish());
    expect(fake.ledger[0]).toMatchObject({
      id: MessageId,
      to: '+14155550100',
      from: 'Sixdigit',
      body: "Your code is 1+1=2 & <3> ~!*'() é",
      fields: { 'AWS.SNS.SMS.SMSType': 'Transactional' },
    });
    expect(fake.faults).toEqual([]);
  });

  it('refuses a wrong secret, a wrong key and no signature', async () => {
    const wrongSecret = client({ secretAccessKey: 'wrong' }).send(publish());
    await expect(wrongSecret).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    const wrongKey = client({ accessKeyId: 'AKIAOTHER' }).send(publish());
    await expect(wrongKey).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    const unsigned = await fetch(fake.url, { method: 'POST', body: new URLSearchParams({ Action: 'Publish' }) });
    expect(unsigned.status).toBe(403);
    expect(fake).toMatchObject({ ledger: [], faults: [], requests: 3 });
  });

  it('refuses a number that is not E.164 as a fault', async () => {
    await expect(client().send(publish('0415'))).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
    expect(fake.faults).toHaveLength(1);
    expect(fake.ledger).toEqual([]);
  });

  it('answers pings, and rejects in its own format', async () => {
    await expect(client().send(new GetSMSAttributesCommand({}))).resolves.toMatchObject({ attributes: {} });
    fake.script(
      { kind: 'reject', code: 'Throttling' },
      { kind: 'accept-then-status', status: 500 },
      { kind: 'bad-id' },
    );
    await expect(client().send(publish())).rejects.toMatchObject({ name: 'Throttling' });
    await expect(client().send(publish())).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    await expect(client().send(publish())).resolves.toMatchObject({ MessageId: 'not-a-uuid' });
    fake.down();
    await expect(client().send(new GetSMSAttributesCommand({}))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 503 },
    });
    expect(fake).toMatchObject({ pings: 2, requests: 3 });
    expect(fake.ledger).toHaveLength(2);
  });
});

describe('FakeGateway', () => {
  let fake: FakeGateway;
  beforeEach(async () => {
    fake = await opened(FakeGateway.start());
  });
  const sms = (body: unknown, key = 'gateway-key'): Promise<Response> =>
    fetch(`${fake.url}/sms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key },
      body: JSON.stringify(body),
    });

  it('accepts JSON and Kannel messages', async () => {
    const answer = await sms({ to: '+14155550100', text: 'hi', ref: 'r1' });
    expect(answer.status).toBe(202);
    await expect(answer.text()).resolves.toBe(`0: Accepted for delivery id=${fake.ledger[0]?.id}`);
    const query = new URLSearchParams({ username: 'u', password: 'p', to: '14155550101', text: 'hé +', validity: '5' });
    expect((await fetch(`${fake.url}/cgi-bin/sendsms?${query.toString()}`)).status).toBe(202);
    expect(fake.ledger[1]).toMatchObject({ to: '+14155550101', body: 'hé +', validitySecs: 300 });
    expect(fake.ledger[1]?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(fake.requests).toBe(2);
  });

  it('refuses wrong keys, and counts wrong fields as faults', async () => {
    expect((await sms({ to: '+14155550100', text: 'hi' }, 'wrong')).status).toBe(401);
    expect((await fetch(`${fake.url}/cgi-bin/sendsms?username=u&password=x&to=1&text=x`)).status).toBe(401);
    expect(fake.faults).toEqual([]);
    expect((await sms({ to: '+14155550100', text: 'hi', colour: 'red' })).status).toBe(400);
    expect(fake.faults).toEqual(['colour is unknown or not a string']);
    fake.behave({ kind: 'reject', code: 'E42' });
    await expect((await sms({ to: '+14155550100', text: 'hi' })).text()).resolves.toContain('E42');
    expect((await fetch(`${fake.url}/ping`)).status).toBe(200);
    expect(fake.ledger).toEqual([]);
  });
});

describe('without the OpenAPI document', () => {
  it('is an error in CI', async () => {
    const { load } = await import('./twilio-openapi.js');
    const before = process.env.CI;
    process.env.CI = 'true';
    expect(() => load('/nowhere.json')).toThrow(/is missing: \/nowhere/);
    delete process.env.CI;
    expect(load('/nowhere.json')).toBe('absent');
    if (before !== undefined) process.env.CI = before;
  });
});
