import { request } from 'node:http';
import { connect } from 'node:net';

import { MOST_MESSAGES, SCENARIOS } from '../../src/inbox/index.js';
import { PhoneNumber } from '../../src/kernel/index.js';
import { SmsProviders, type SmsProvider } from '../../src/sms/index.js';
import { signIn } from '../setup/operator.js';
import { startApp, type Answer, type TestApp } from '../setup/app.js';

/** As a page on the same machine asks: without a key. */
const ANYBODY = { authorization: '' };

interface Got {
  readonly status: number;
  readonly body: string;
}

/** With headers that `fetch` does not let anybody choose, such as Host. */
function raw(url: string, path: string, headers: Record<string, string>, method = 'GET', from?: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, method, headers, localAddress: from }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(parts).toString() }));
    });
    asked.on('error', reject).end();
  });
}

/** What the stream says over a socket of its own, and whether it has ended. */
function watch(url: string, headers: Record<string, string>): Promise<{ text: string; ended: boolean }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/v1/inbox/events`, { headers, agent: false }, (answer) => {
      const heard = { text: '', ended: false };
      answer.on('data', (part: Buffer) => (heard.text += part.toString()));
      answer.on('close', () => (heard.ended = true)).on('error', () => undefined);
      resolve(heard);
    });
    asked.on('error', reject).end();
  });
}

/** As much of a message as is looked at here; who asks for two knows that there are two. */
interface Shown {
  readonly id: string;
  readonly body: string;
  readonly code?: string;
  readonly phone: string;
  readonly state: string;
  readonly outcome: string;
  readonly arrivedAt: string;
  readonly receivedAt: string;
  readonly reports: readonly object[];
}

async function until<T>(find: () => Promise<T | undefined>, ms = 10_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await new Promise((next) => setTimeout(next, 50))) {
    const found = await find();
    if (found !== undefined) return found;
  }
  throw new Error('It did not happen in time.');
}

let app: TestApp;
let numbers = 0;
/** Texts to one number are limited, so each test has its own. */
const somebody = () => `+1303555${String(2_000 + numbers++)}`;
const inbox = (method: string, path: string, body?: unknown): Promise<Answer> =>
  app.call(method, `/v1/inbox${path}`, body, ANYBODY);
const start = (phone: string, more = {}) => app.call('POST', '/v1/verifications', { phone, ...more });
const messagesTo = async (phone: string): Promise<[Shown, Shown, ...Shown[]]> =>
  (await inbox('GET', `/messages?phone=${encodeURIComponent(phone)}`)).body.messages;
const timelineOf = async (messageId: string) => (await app.call('GET', `/v1/messages/${messageId}`)).body;

beforeAll(async () => void (app = await startApp()));
afterAll(() => app.close());
afterEach(() => inbox('DELETE', '/plans'));

describe('the inbox', () => {
  it('has the text of a code as it was sent, and sees it delivered', async () => {
    const phone = somebody();
    const { testCode, messageId } = (await start(phone)).body;
    const [message] = await messagesTo(phone);
    expect(message).toMatchObject({ phone, provider: 'mock', channel: 'sms', code: testCode, outcome: 'delivered' });
    expect(message.body).toContain(testCode);
    const arrived = await until(async () => (await messagesTo(phone)).find((each) => each.state === 'arrived'));
    expect(arrived.reports).toEqual([{ status: 'delivered', at: expect.any(String) }]);
    expect(await timelineOf(messageId)).toMatchObject({ status: 'delivered', attempts: [{ report: 'delivered' }] });
    const { timeline } = (await inbox('GET', `/messages/${message.id}`)).body;
    expect(timeline).toEqual(await timelineOf(messageId));
  });

  it('finds by words, by code and by number however it is spelled', async () => {
    const phone = somebody();
    const { testCode } = (await start(phone)).body;
    const spelled = `(303) 555-${phone.slice(-4)}`;
    for (const q of [testCode, spelled, 'SIXDIGIT']) {
      const found = (await inbox('GET', `/messages?q=${encodeURIComponent(q)}`)).body.messages;
      expect(found.map((each: Shown) => each.phone)).toContain(phone);
    }
    expect((await inbox('GET', '/messages?q=no+such+words')).body.messages).toEqual([]);
    expect((await inbox('GET', '/messages?limit=0')).body).toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it('keeps one conversation for each number, the newest first', async () => {
    const [first, second] = [somebody(), somebody()];
    await start(first);
    await start(second);
    await app.call('POST', '/v1/messages', { to: first, body: 'Your table is ready.' }, {});
    const { conversations } = (await inbox('GET', '/conversations')).body;
    expect(conversations.slice(0, 2)).toMatchObject([
      { phone: first, count: 2, newest: { body: 'Your table is ready.' } },
      { phone: second, count: 1 },
    ]);
  });

  it('tells what happens while it happens', async () => {
    const abort = new AbortController();
    const stream = await fetch(`${app.url}/v1/inbox/events`, { signal: abort.signal });
    expect(stream.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(stream.headers.get('cache-control')).toBe('no-store');
    const phone = somebody();
    const { testCode } = (await start(phone)).body;
    let heard = '';
    for await (const part of stream.body!) {
      heard += Buffer.from(part).toString();
      if (heard.includes('"arrived"')) break;
    }
    abort.abort();
    const events = heard.split('\n\n').filter((event) => event.includes(phone));
    expect(events[0]).toMatch(/^event: message\ndata: \{.*"on_its_way"/);
    expect(events[0]).toContain(testCode);
    expect(heard).not.toContain('providerMessageId');
  });

  it('opens no more than 20 streams, and closes with them open', async () => {
    const other = await startApp();
    const controllers = Array.from({ length: 20 }, () => new AbortController());
    const open = (signal?: AbortSignal) => fetch(`${other.url}/v1/inbox/events`, { signal });
    const streams = await Promise.all(controllers.map(({ signal }) => open(signal)));
    expect(streams.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const refused = await open();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    controllers[0]!.abort();
    await until(async () => ((await open(controllers[1]!.signal)).status === 200 ? true : undefined));
    const began = Date.now();
    await other.close();
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  it('keeps no stream for whoever asks for the headers alone', async () => {
    const other = await startApp();
    const events = (method: string) => raw(other.url, '/v1/inbox/events', {}, method);
    for (let n = 0; n < 21; n++) expect((await events('HEAD')).status).toBe(200);
    const abort = new AbortController();
    expect((await fetch(`${other.url}/v1/inbox/events`, { signal: abort.signal })).status).toBe(200);
    abort.abort();
    await other.close();
  });

  it('keeps the newest 1,000 and no more, and forgets when it is told', async () => {
    const [mock] = app.app.get<SmsProvider[]>(SmsProviders);
    const to = PhoneNumber.parse(somebody());
    const { signal } = new AbortController();
    for (let n = 0; n < MOST_MESSAGES + 5; n++)
      await mock!.send(
        { to, body: `text ${n}.`, attemptId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` },
        signal,
      );
    const { conversations } = (await inbox('GET', '/conversations')).body;
    const total = conversations.reduce((sum: number, { count }: { count: number }) => sum + count, 0);
    expect(total).toBe(MOST_MESSAGES);
    expect((await inbox('GET', '/messages?q=text+4.')).body.messages).toEqual([]);
    expect((await inbox('GET', '/messages?q=text+5.')).body.messages).toHaveLength(1);
    expect((await inbox('DELETE', '/messages')).status).toBe(204);
    expect((await inbox('GET', '/messages')).body.messages).toEqual([]);
  });
});

describe('what is made to become of a message', () => {
  it('fails at the first provider, and the other brings the same code', async () => {
    const phone = somebody();
    expect((await inbox('POST', '/plans', { outcome: 'server_error' })).status).toBe(201);
    const started = (await start(phone)).body;
    expect(started.delivery).toBe('accepted');
    const [second, first] = await messagesTo(phone);
    expect(first).toMatchObject({ provider: 'mock', state: 'refused', because: 'plan', outcome: 'server_error' });
    expect(second).toMatchObject({ provider: 'mock-backup', code: started.testCode, body: first.body });
    expect((await inbox('GET', '/plans')).body.plans).toEqual([]);
    const { attempts } = await timelineOf(started.messageId);
    expect(attempts).toMatchObject([
      { provider: 'mock', outcome: 'unknown', fault: 'unconfirmed' },
      { provider: 'mock-backup', outcome: 'accepted', route: 'failover' },
    ]);
  });

  it('concerns one number alone, and comes before what concerns anybody', async () => {
    const [wanted, other] = [somebody(), somebody()];
    await inbox('POST', '/plans', { outcome: 'throttled', phone: `(303) 555-${wanted.slice(-4)}` });
    await start(other);
    expect(await messagesTo(other)).toMatchObject([{ outcome: 'delivered' }]);
    await inbox('POST', '/plans', { outcome: 'unreachable' });
    await start(wanted);
    expect((await messagesTo(wanted)).map((each) => each.outcome)).toEqual(['unreachable', 'throttled']);
  });

  it('is used up once by many at the same time', async () => {
    await inbox('POST', '/plans', { outcome: 'throttled', times: 3 });
    const phones = Array.from({ length: 12 }, somebody);
    const answers = await Promise.all(phones.map((phone) => start(phone)));
    expect(answers.map(({ status }) => status)).toEqual(phones.map(() => 201));
    // Who was turned away by both is queued, and gets its text a moment later.
    const all = await until(async () => {
      const found = (await Promise.all(phones.map(messagesTo))).flat();
      return found.filter((each) => each.state !== 'refused').length === 12 ? found : undefined;
    });
    expect(all.filter((each) => each.outcome === 'throttled')).toHaveLength(3);
  });

  it('is late, and shown as on its way until then', async () => {
    const phone = somebody();
    await inbox('POST', '/plans', { outcome: 'late', afterSecs: 5, phone });
    const { messageId } = (await start(phone)).body;
    await until(async () => ((await timelineOf(messageId)).attempts[0].report === 'sent' ? true : undefined), 4_500);
    expect(await messagesTo(phone)).toMatchObject([{ state: 'on_its_way' }]);
    const arrived = await until(async () => (await messagesTo(phone)).find((each) => each.state === 'arrived'));
    expect(Date.parse(arrived.arrivedAt) - Date.parse(arrived.receivedAt)).toBeGreaterThanOrEqual(4_900);
  });

  it('is blocked by the carrier, and the engine sends it once more by the other', async () => {
    const phone = somebody();
    await inbox('POST', '/plans', { outcome: 'blocked', phone });
    const { messageId, testCode } = (await start(phone)).body;
    await until(async () => ((await timelineOf(messageId)).status === 'delivered' ? true : undefined), 20_000);
    expect((await timelineOf(messageId)).attempts).toMatchObject([
      { provider: 'mock', report: 'undelivered', reportCode: '30007' },
      { provider: 'mock-backup', followUp: true, report: 'delivered' },
    ]);
    const [second, first] = await messagesTo(phone);
    expect([first.state, second.state, second.code]).toEqual(['lost', 'arrived', testCode]);
  });

  it('is reported on later, by a message that is on its way, and never after its delivery', async () => {
    const phone = somebody();
    await inbox('POST', '/plans', { outcome: 'silent', phone });
    const { messageId } = (await start(phone)).body;
    const [{ id }] = await messagesTo(phone);
    expect((await inbox('POST', `/messages/${id}/reports`, { outcome: 'landline' })).body).toMatchObject({
      state: 'lost',
    });
    expect(await timelineOf(messageId)).toMatchObject({ status: 'undelivered', attempts: [{ reportCode: '30006' }] });
    expect((await inbox('POST', `/messages/${id}/reports`, { outcome: 'delivered' })).body).toMatchObject({
      state: 'arrived',
    });
    const again = await inbox('POST', `/messages/${id}/reports`, { outcome: 'blocked' });
    expect([again.status, again.body.code]).toEqual([409, 'MESSAGE_SETTLED']);
    expect((await inbox('POST', `/messages/${id}/reports`, { outcome: 'timeout' })).status).toBe(400);
    expect((await inbox('POST', '/messages/nobody/reports', { outcome: 'blocked' })).status).toBe(404);
  });

  it('is no more than 100 plans', async () => {
    for (let n = 0; n < 100; n++) await inbox('POST', '/plans', { outcome: 'late', phone: '+13035559999' });
    const refused = await inbox('POST', '/plans', { outcome: 'late' });
    expect([refused.status, refused.body.code]).toEqual([409, 'TOO_MANY_PLANS']);
  });
});

describe('scenario numbers', () => {
  const one = (outcome: string, at: string) =>
    SCENARIOS.filter((each) => each.outcome === outcome && each.at === at)
      .at(-1)!
      .number.replace('xx', '07');

  it('can all be texted, and belong to nobody', () => {
    for (const { number } of SCENARIOS) {
      expect(number).toMatch(/^\+1500555(\d{4}|\d\dxx)$/);
      expect(PhoneNumber.parse(number.replace('xx', '99')).e164).toBe(number.replace('xx', '99'));
    }
  });

  it.each([
    ['delivered', 'all', 201, undefined],
    ['late', 'first', 201, undefined],
    ['silent', 'first', 201, undefined],
    ['server_error', 'first', 201, undefined],
    ['throttled', 'first', 201, undefined],
    ['unreachable', 'first', 201, undefined],
    ['no_route', 'first', 201, undefined],
    ['bad_number', 'all', 403, 'DESTINATION_NOT_ALLOWED'],
    ['opted_out', 'all', 403, 'DESTINATION_NOT_ALLOWED'],
    ['no_route', 'all', 503, 'DELIVERY_UNAVAILABLE'],
  ])('%s at %s is answered with %i', async (outcome, at, status, code) => {
    const answer = await start(one(outcome, at));
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });

  it('give up on a provider that never answers, and use the other', async () => {
    const { status, body } = await start(one('timeout', 'first'));
    expect([status, body.delivery]).toEqual([201, 'accepted']);
    expect((await timelineOf(body.messageId)).attempts).toMatchObject([
      { outcome: 'unknown' },
      { provider: 'mock-backup' },
    ]);
  });

  it('are queued while no provider can be reached', async () => {
    expect((await start(one('unreachable', 'all'))).body.delivery).toBe('queued');
  });

  it('take a provider whose credentials are wrong out of the rotation, and it comes back', async () => {
    expect((await start(one('misconfigured', 'first'))).body.delivery).toBe('accepted');
    const standing = async () => (await app.call('GET', '/health/providers')).body.details.mock;
    expect((await standing()).state).toBe('suspended');
    const phone = somebody();
    await start(phone);
    expect(await messagesTo(phone)).toMatchObject([{ provider: 'mock-backup' }]);
    await until(async () => {
      await start(somebody());
      return (await standing()).state === 'in_rotation' || undefined;
    }, 25_000);
  }, 40_000);

  it('leave the policy as it is: a premium number is refused before anybody is asked', async () => {
    const { status, body } = await start('+19005550100');
    expect([status, body.reason]).toEqual([403, 'line_type']);
  });
});

describe('who may look', () => {
  const path = '/v1/inbox/messages';
  const host = () => new URL(app.url).host;
  const port = () => new URL(app.url).port;

  it.each(['localhost', '127.0.0.1', '[::1]', 'LOCALHOST'])('whoever sits here and calls it %s', async (name) => {
    expect((await raw(app.url, path, { host: `${name}:${port()}` })).status).toBe(200);
  });

  it.each([
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.nip.io',
    'localhost@evil.example',
    '',
    '10.0.0.1',
    'evil.localhost.',
  ])('nobody by another name (%s), as DNS rebinding would have it', async (name) => {
    const { status, body } = await raw(app.url, path, { host: `${name}:${port()}` });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(body).not.toContain('"messages"');
  });

  it.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:1' },
  ])('no page of another site: %j', async (headers) => {
    for (const method of ['GET', 'DELETE']) {
      const { status, body } = await raw(app.url, path, { host: host(), ...(headers as object) }, method);
      expect([status, JSON.parse(body).code]).toEqual([403, 'UNAUTHORIZED']);
    }
  });

  it('its own page', async () => {
    const own = { host: host(), origin: app.url, 'sec-fetch-site': 'same-origin' };
    expect((await raw(app.url, path, own)).status).toBe(200);
  });

  it('lets no page read it by CORS, and takes nothing that a form could send', async () => {
    const preflight = await raw(
      app.url,
      path,
      { host: host(), origin: 'http://evil.example', 'access-control-request-method': 'DELETE' },
      'OPTIONS',
    );
    expect(preflight.status).toBe(404);
    const form = await app.call('POST', '/v1/inbox/plans', 'outcome=late', {
      ...ANYBODY,
      'content-type': 'text/plain',
    });
    expect(form.status).toBe(415);
  });

  it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
    'nobody behind a proxy (%s), without a key',
    async (name) => {
      expect((await raw(app.url, path, { host: host(), [name]: '127.0.0.1' })).status).toBe(401);
    },
  );

  it('nobody behind a proxy that says nothing, as nginx by default', async () => {
    const socket = connect(Number(port()), '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.0\r\nHost: ${host()}\r\nConnection: close\r\n\r\n`);
    let answer = '';
    for await (const part of socket) answer += String(part);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('operators from anywhere, but no key of a backend', async () => {
    const key = { authorization: `Bearer ${app.key}` };
    expect((await raw(app.url, path, { host: 'sixdigit.example', ...key })).status).toBe(403);
    const password = 'correct horse battery staple';
    const other = await startApp({ ADMIN_PASSWORD: password });
    const signedIn = await fetch(`${other.url}/v1/admin/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: other.url },
      body: JSON.stringify({ password }),
    });
    expect(signedIn.status).toBeLessThan(300);
    const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!;
    expect((await raw(other.url, path, { host: 'sixdigit.example', cookie })).status).toBe(200);
    expect((await raw(other.url, path, { host: 'sixdigit.example' })).status).toBe(401);
    await other.close();
  });

  it('an operator from elsewhere watches as long as his session lasts, whoever is here as long as he likes', async () => {
    const password = 'correct horse battery staple';
    const other = await startApp({ ADMIN_PASSWORD: password });
    const operator = await signIn(other, password);
    const [remote, local] = await Promise.all([
      watch(other.url, { host: 'sixdigit.example', cookie: operator.cookie }),
      watch(other.url, { host: new URL(other.url).host }),
    ]);
    await other.call('POST', '/v1/verifications', { phone: somebody() });
    for (const each of [remote, local]) await until(async () => each.text.includes('event: message') || undefined);
    await operator.call('DELETE', '/v1/admin/session');
    await until(async () => remote.ended || undefined, 12_000);
    const before = remote.text;
    await other.call('POST', '/v1/verifications', { phone: somebody() });
    await until(
      async () => local.text.split('event: message').length > before.split('event: message').length || undefined,
    );
    expect(remote.text).toBe(before);
    expect(local.ended).toBe(false);
    await other.close();
  });
});

describe('outside of simulation', () => {
  it('there is no inbox', async () => {
    const live = await startApp({
      SMS_PROVIDERS: 'http',
      SMS_HTTP_URL: 'http://127.0.0.1:9/',
      SMS_HTTP_BODY: '{"to":"{to}","text":"{text}"}',
    });
    for (const path of ['messages', 'events', 'plans', 'conversations'])
      expect((await live.call('GET', `/v1/inbox/${path}`, undefined, ANYBODY)).status).toBe(404);
    await live.close();
    const production = await startApp({
      NODE_ENV: 'production',
      APP_SECRET: 'a'.repeat(16) + 'Zx8!kQ3#vB7$mN2%',
      API_KEYS: 'shop:hg7Jk2mQ9xVb4Zs8Lw3Tn6Rc',
    });
    expect((await production.call('GET', '/v1/inbox/messages', undefined, ANYBODY)).status).toBe(404);
    await production.close();
  });
});
