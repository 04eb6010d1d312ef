import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { createAdapter } from '../../src/http/index.js';
import { startApp, type Answer, type TestApp } from '../setup/app.js';

jest.setTimeout(60_000);

const START = '/v1/verifications';
const JWKS = '/.well-known/jwks.json';
const NO_KEY = { authorization: '' };
const HTTPS = 'https://verify.example.com';

/** Everything that comes back until the other side closes. */
function talk(port: number, play: (socket: Socket) => Promise<void> | void): Promise<{ text: string; ms: number }> {
  return new Promise((resolve) => {
    let text = '';
    const begun = performance.now();
    const socket = connect(port, '127.0.0.1', () => void play(socket));
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ text, ms: performance.now() - begun }));
  });
}

const portOf = (app: TestApp) => Number(new URL(app.url).port);

function expectProblem(text: string, status: number): void {
  expect(text.split('\r\n', 1)[0]).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(text).toMatch(/^content-type: application\/problem\+json/im);
  expect(JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1))).toMatchObject({
    status,
    code: 'INVALID_REQUEST',
  });
}

describe('security headers', () => {
  let app: TestApp;
  afterEach(() => app.close());

  it('are on every answer, whoever gives it', async () => {
    app = await startApp();
    const answers: Record<string, Answer> = {
      ok: await app.call('GET', '/health/live'),
      created: await app.call('POST', START, { phone: '+12125550100' }),
      'no key': await app.call('POST', START, {}, NO_KEY),
      'bad body': await app.call('POST', START, 'x'),
      nothing: await app.call('GET', '/nothing'),
      'unreadable address': await app.call('GET', '/v1/verifications/%E0%A4%A'),
      'long id': await app.call('GET', `/v1/verifications/${'x'.repeat(5_000)}`),
      contract: await app.call('GET', '/openapi.json'),
    };
    for (const [name, { headers }] of Object.entries(answers)) {
      expect([name, Object.fromEntries(headers)]).toEqual([
        name,
        expect.objectContaining({
          'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
          'x-content-type-options': 'nosniff',
          'x-frame-options': 'DENY',
          'referrer-policy': 'no-referrer',
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-resource-policy': 'same-origin',
          'cache-control': 'no-store',
        }),
      ]);
      expect(headers.has('strict-transport-security')).toBe(false);
      expect(headers.has('x-powered-by')).toBe(false);
      expect(headers.has('server')).toBe(false);
      expect(headers.has('access-control-allow-origin')).toBe(false);
    }
  });

  it('let the reference page work, and nothing else in it', async () => {
    app = await startApp();
    const page = await fetch(`${app.url}/docs`);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*(unsafe|\*|https:|data:)/);
    const html = await page.text();
    // What the policy would stop: a script in the page, a handler in an attribute, a file from elsewhere.
    expect([...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/g)]).toEqual([]);
    expect(html).not.toMatch(/<[^>]+\son\w+=/);
    for (const [, file = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g))
      expect(new URL(file, page.url).origin).toBe(app.url);
    // Only a path of the page itself gets the wider policy.
    for (const path of ['/health/live?x=/docs', '/v1/docs', '//docs'])
      expect((await app.call('GET', path)).headers.get('content-security-policy')).not.toContain('script-src');
  });

  it('ask for TLS for ever where PUBLIC_BASE_URL has it', async () => {
    app = await startApp({ PUBLIC_BASE_URL: HTTPS });
    expect((await app.call('GET', '/health/live')).headers.get('strict-transport-security')).toBe('max-age=31536000');
  });
});

describe('pages of other origins', () => {
  const ALLOWED = 'https://www.example.com';
  let app: TestApp;
  afterAll(() => app.close());
  beforeAll(
    async () =>
      void (app = await startApp({
        CORS_ORIGINS: `${ALLOWED},http://localhost:5173`,
        ADMIN_PASSWORD: 'password password',
      })),
  );

  const corsOf = ({ headers }: Answer) =>
    Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
  const get = (origin: string, path = JWKS) => app.call('GET', path, undefined, { ...NO_KEY, origin });
  const preflight = (origin: string, path = '/v1/auth/phone/start', method = 'POST') =>
    app.call('OPTIONS', path, undefined, {
      ...NO_KEY,
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type,x-evil',
    });

  it.each([ALLOWED, 'http://localhost:5173'])(
    'of %s may read what is for browsers, without cookies',
    async (origin) => {
      const answer = await get(origin);
      expect(answer.status).toBe(200);
      expect(corsOf(answer)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-expose-headers': 'ratelimit, ratelimit-policy, retry-after, x-request-id',
      });
      expect(answer.headers.get('vary')).toMatch(/\borigin\b/i);
      const asked = await preflight(origin);
      expect(asked.status).toBe(204);
      expect(corsOf(asked)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key',
        'access-control-max-age': '600',
      });
      expect(corsOf(asked)).not.toHaveProperty('access-control-allow-credentials');
    },
  );

  it.each([
    'https://evil.example',
    'null',
    `${ALLOWED}.evil.example`,
    'https://evil-www.example.com',
    'https://wwwXexample.com',
    'https://example.com',
    'http://www.example.com',
    `${ALLOWED}:8443`,
    `${ALLOWED}/`,
    ALLOWED.toUpperCase(),
    `${ALLOWED},https://evil.example`,
    '*',
    '',
  ])('of %j may read nothing', async (origin) => {
    for (const answer of [await get(origin), await preflight(origin)])
      expect(corsOf(answer)).not.toHaveProperty('access-control-allow-origin');
  });

  it.each([
    START,
    '/v1/admin/session',
    '/v1/admin/keys',
    '/openapi.json',
    '/health/ready',
    '/v1/authx',
    '/v1/webhooks/http/x',
  ])('may read nothing at %s, which is for servers and for operators', async (path) => {
    for (const answer of [await get(ALLOWED, path), await preflight(ALLOWED, path)]) expect(corsOf(answer)).toEqual({});
    expect(await preflight(ALLOWED, path)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('without CORS_ORIGINS', () => {
  it('no page of another origin may read anything', async () => {
    const app = await startApp();
    const origin = 'https://www.example.com';
    const asks = [
      app.call('GET', JWKS, undefined, { origin }),
      app.call('OPTIONS', JWKS, undefined, { origin, 'access-control-request-method': 'GET' }),
    ];
    for (const { headers } of await Promise.all(asks))
      expect([...headers.keys()].join()).not.toContain('access-control');
    await app.close();
  });
});

describe('the address of a client', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp({ TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' })));
  afterAll(() => app.close());
  const left = async (forwarded: string) => {
    const { headers } = await app.call('GET', JWKS, undefined, { ...NO_KEY, 'x-forwarded-for': forwarded });
    return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
  };

  it('is the /64 of an IPv6 address', async () => {
    expect(await left('2001:db8:0:1::1')).toBe(59);
    expect(await left('2001:db8:0:1:ffff:ffff:ffff:ffff')).toBe(58);
    expect(await left('2001:0db8:0000:0001::2')).toBe(57);
    expect(await left('2001:db8:0:2::1')).toBe(59);
  });

  it('is what stands before the trusted proxies, however many, and nothing further left', async () => {
    expect(await left('203.0.113.7')).toBe(59);
    expect(await left('203.0.113.7, 10.1.2.3, 10.3.2.1')).toBe(58);
    expect(await left('198.51.100.1, 203.0.113.7')).toBe(57);
    expect(await left('127.0.0.1, 203.0.113.7, 10.1.2.3')).toBe(56);
  });

  it('is the same whether IPv4 is written as IPv6 or not', async () => {
    expect(await left('203.0.113.9')).toBe(59);
    expect(await left('::ffff:203.0.113.9')).toBe(58);
  });
});

describe('what is too much', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp()));
  afterAll(() => app.close());
  const ask = (path: string, headers = '') =>
    talk(
      portOf(app),
      (socket) => void socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}Connection: close\r\n\r\n`),
    );

  it.each([
    ['101 headers', '/health/live', 'X: 1\r\n'.repeat(99), 431],
    ['20 KiB of headers', '/health/live', `X: ${'x'.repeat(20_000)}\r\n`, 431],
    ['an address of 9000 characters', `/health/live?${'x'.repeat(9_000)}`, '', 414],
  ])('is refused: %s', async (_, path, headers, status) => {
    expectProblem((await ask(path, headers)).text, status);
  });

  it.each([
    ['100 headers', '/health/live', 'X: 1\r\n'.repeat(98)],
    ['an address of 8000 characters', `/health/live?${'x'.repeat(7_900)}`, ''],
  ])('is not yet %s', async (_, path, headers) => {
    expect((await ask(path, headers)).text).toMatch(/^HTTP\/1.1 200 /);
  });

  it('is a body of more than 64 KiB, said or not', async () => {
    const body = JSON.stringify({ phone: 'x'.repeat(70_000) });
    expect(await app.call('POST', START, body)).toMatchObject({ status: 413, body: { code: 'INVALID_REQUEST' } });
    const head = `POST ${START} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${app.key}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const { text } = await talk(
      portOf(app),
      (socket) => void socket.write(`${head}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`),
    );
    expectProblem(text, 413);
  });
});

describe('slow clients', () => {
  const HEADERS_MS = 1_500;
  const REQUEST_MS = 3_000;
  /** The check once a second, and a machine that is busy. */
  const LATE_MS = 15_000;
  const adapter = createAdapter({
    trustedProxies: [],
    followRequests: false,
    timeoutsMs: { headers: HEADERS_MS, request: REQUEST_MS },
  });
  const fastify = adapter.getInstance();
  let port: number;
  beforeAll(async () => {
    fastify.post('/echo', (request) => ({ got: request.body }));
    await fastify.listen({ port: 0, host: '127.0.0.1' });
    port = (fastify.server.address() as AddressInfo).port;
  });
  afterAll(() => fastify.close());

  async function dribble(socket: Socket, text: string): Promise<void> {
    for (const character of text) {
      if (socket.destroyed) return;
      socket.write(character);
      await sleep(100);
    }
  }
  const HEAD = 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n';

  it('are cut who send headers byte by byte', async () => {
    const { text, ms } = await talk(port, (socket) =>
      dribble(socket, `GET /echo HTTP/1.1\r\nHost: x\r\n${'X-Slow: 1\r\n'.repeat(100)}`),
    );
    expect(ms).toBeGreaterThanOrEqual(HEADERS_MS - 100);
    expect(ms).toBeLessThan(HEADERS_MS + LATE_MS);
    expectProblem(text, 408);
  });

  it('are cut who send a body byte by byte', async () => {
    const { text, ms } = await talk(port, (socket) => {
      socket.write(HEAD);
      return dribble(socket, `{"x":"${'x'.repeat(490)}`);
    });
    expect(ms).toBeGreaterThanOrEqual(REQUEST_MS - 100);
    expect(ms).toBeLessThan(REQUEST_MS + LATE_MS);
    expectProblem(text, 408);
  });

  it('are cut who never say a word', async () => {
    const { ms } = await talk(port, () => undefined);
    expect(ms).toBeLessThan(HEADERS_MS + LATE_MS);
  });

  it('stop nobody else, though there are 200 of them', async () => {
    const said = ['', 'POST /echo HTT', HEAD, `${HEAD}{"x":`];
    const sockets = Array.from({ length: 200 }, (_, index) => {
      const socket = connect(port, '127.0.0.1', () => void socket.write(said[index % said.length] ?? ''));
      return socket.on('error', () => undefined).resume();
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const request = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"x":1}' };
    for (let ask = 0; ask < 5; ask++) {
      const response = await fetch(`http://127.0.0.1:${port}/echo`, {
        ...request,
        signal: AbortSignal.timeout(10_000),
      });
      expect(await response.json()).toEqual({ got: { x: 1 } });
    }
    expect(sockets.some(({ destroyed }) => !destroyed)).toBe(true);
    await Promise.all(sockets.filter(({ destroyed }) => !destroyed).map((socket) => once(socket, 'close')));
  });

  it('and as many connections and requests as there may be are known', () => {
    expect(fastify.server).toMatchObject({
      maxConnections: 10_000,
      maxRequestsPerSocket: 10_000,
      keepAliveTimeout: 72_000,
    });
    expect(createAdapter({ trustedProxies: [], followRequests: false }).getInstance().server).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      timeout: 90_000,
    });
  });
});
