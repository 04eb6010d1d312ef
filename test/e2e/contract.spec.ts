import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createLocalJWKSet, decodeJwt, errors, jwtVerify, type JSONWebKeySet, type JWTVerifyOptions } from 'jose';

import { startApp, type Answer, type TestApp } from '../setup/app.js';

const START = '/v1/verifications';
const JWKS = '/.well-known/jwks.json';
const ISSUER = 'https://verify.example.test';
const NO_KEY = { authorization: '' };

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}
interface Operation {
  readonly responses: Readonly<Record<string, unknown>>;
  readonly security?: readonly object[];
}

const contract = JSON.parse(readFileSync(join(__dirname, '../../openapi.json'), 'utf8')) as Contract;
const routes = Object.entries(contract.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    operation,
    isPublic: /^\/(health|\.well-known)\//.test(path),
    isLogin: /^\/v1\/auth\/(phone\/|refresh$)/.test(path),
    isSigned: path.startsWith('/v1/webhooks/'),
    isInbox: path.startsWith('/v1/inbox/'),
    isSignIn: method === 'post' && path === '/v1/admin/session',
  })),
);
const named = (wanted: boolean) =>
  routes.filter(
    ({ isPublic, isSigned, isSignIn, isLogin, isInbox }) =>
      !isSigned && !isSignIn && !isLogin && !isInbox && isPublic === wanted,
  );
/** What somebody asks for who has nothing yet but a phone, a refresh token or a password. */
const login = routes.filter(({ isLogin, isSignIn }) => isLogin || isSignIn);
const signed = routes.filter(({ isSigned }) => isSigned);

const retryAfterOf = ({ headers }: Answer) => Number(headers.get('retry-after'));

function expectLimited(answer: Answer, limit: string, atMost: number): void {
  expect(answer.body).toMatchObject({ status: 429, code: 'RATE_LIMIT_EXCEEDED', limit });
  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(retryAfterOf(answer)).toBeGreaterThanOrEqual(1);
  expect(retryAfterOf(answer)).toBeLessThanOrEqual(atMost);
  expect(answer.body.retryAfter).toBe(retryAfterOf(answer));
}

describe('the contract', () => {
  let app: TestApp;
  let phones = 0;
  beforeAll(async () => void (app = await startApp({ PUBLIC_BASE_URL: ISSUER })));
  afterAll(() => app.close());

  const newPhone = () => `+1212555${1_000 + phones++}`;
  const start = (phone = newPhone(), more: object = {}) => app.call('POST', START, { phone, ...more });
  const check = (id: string, body: object) => app.call('POST', `${START}/${id}/check`, body);

  describe('as a document', () => {
    it('is the committed openapi.json', async () => {
      const { status, body } = await app.call('GET', '/openapi.json', undefined, NO_KEY);
      expect(status).toBe(200);
      expect(body).toEqual(contract);
    });

    it.each(named(false))('asks for a key at $method $path', async ({ method, path, operation }) => {
      expect(operation.responses).toHaveProperty('401');
      for (const headers of [NO_KEY, { authorization: 'Bearer wrong-0123456789abcdef' }]) {
        const answer = await app.call(method, path.replace('{id}', newPhone()), undefined, headers);
        expect([answer.status, answer.body.code]).toEqual([401, 'UNAUTHORIZED']);
        expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      }
    });

    it.each(routes.filter(({ path }) => path.startsWith('/v1/admin/')))(
      'lets operators in by key or by cookie at $method $path',
      ({ operation, isSignIn }) => {
        expect(operation.security).toEqual(isSignIn ? [] : [{ apiKey: [] }, { adminSession: [] }]);
      },
    );

    it.each(named(true))('asks for no key at $method $path', async ({ method, path, operation }) => {
      expect(operation.responses).not.toHaveProperty('401');
      expect((await app.call(method, path, undefined, NO_KEY)).status).toBe(200);
    });

    it.each(signed)('takes nothing unsigned at $method $path', async ({ method, path, operation }) => {
      expect(operation.responses).not.toHaveProperty('401');
      const { status } = await app.call(
        method,
        path.replace(/{\w+}/, 'http'),
        method === 'GET' ? undefined : {},
        NO_KEY,
      );
      expect(status).toBe(403);
    });

    it.each(routes.filter(({ isLogin }) => isLogin))(
      'asks for no key, but for a body, at $method $path',
      async (route) => {
        const answer = await app.call(route.method, route.path, {}, NO_KEY);
        expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST']);
      },
    );

    it.each([...named(true), ...signed, ...login])('says that $method $path asks for no key', ({ operation }) => {
      expect(operation.security).toEqual([]);
    });

    it('says that the keys are throttled', () => {
      expect(contract.paths[JWKS]?.get?.responses).toHaveProperty('429');
    });

    it('names the members that a verification really has, and no others', async () => {
      const schemas = (contract as unknown as { components: { schemas: Record<string, { properties: object }> } })
        .components.schemas;
      const { id, testCode, ...started } = (await start()).body;
      const known = Object.keys(schemas.VerificationDto?.properties ?? {});
      expect(Object.keys({ id, testCode, ...started }).sort()).toEqual(known.sort());
      const approved = (await check(id, { code: testCode })).body;
      expect(Object.keys(schemas.CheckResultDto?.properties ?? {})).toEqual(
        expect.arrayContaining(Object.keys(approved)),
      );
    });

    it('has a page whose every file comes from this origin', async () => {
      const page = await fetch(`${app.url}/docs`);
      const html = await page.text();
      expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
      const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => new URL(file ?? '', page.url));
      expect(files.length).toBeGreaterThanOrEqual(5);
      for (const file of files) {
        expect(file.origin).toBe(app.url);
        const asset = await fetch(file);
        expect([file.pathname, asset.status]).toEqual([file.pathname, 200]);
        expect((await asset.text()).length).toBeGreaterThan(100);
        expect(asset.headers.get('content-type')).toMatch(/^(image\/|[a-z/]+; charset=utf-8$)/);
      }
      for (const text of [page, await fetch(`${app.url}/openapi.yaml`)])
        expect(text.headers.get('content-type')).toMatch(/; charset=utf-8$/);
      // Names of XML dialects are no addresses that anybody asks.
      const others = [...html.matchAll(/https?:\/\/[^"'\s]+/g)].map(([url]) => url);
      expect(others.filter((url) => !url.startsWith('http://www.w3.org/'))).toEqual([]);
    });
  });

  describe('of headers', () => {
    it('lets nobody store an answer', async () => {
      const started = await start();
      const answers = [
        started,
        await check(started.body.id, { code: 'bad' }),
        await check(started.body.id, { code: started.body.testCode }),
        await app.call('GET', `${START}/${started.body.id}`),
        await app.call('POST', START, {}, NO_KEY),
        await app.call('GET', '/nothing'),
        await app.call('GET', '/health/ready'),
      ];
      expect(answers.map(({ status }) => status)).toEqual([201, 400, 200, 200, 401, 404, 200]);
      for (const { headers } of answers) expect(headers.get('cache-control')).toContain('no-store');
    });

    it('names every request by an id of our own', async () => {
      const headers = { 'x-request-id': 'zebra', 'request-id': 'zebra' };
      const answers = await Promise.all([1, 2, 3].map(() => app.call('POST', START, {}, headers)));
      const ids = answers.map((answer) => answer.headers.get('x-request-id'));
      for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(new Set(ids).size).toBe(3);
      expect(answers.map(({ body }) => body.instance)).toEqual(ids.map((id) => `urn:uuid:${id}`));
    });

    it('says what is left of each limit', async () => {
      const phone = newPhone();
      for (const left of [4, 3]) {
        const { headers, body } = await start(phone);
        expect(headers.get('ratelimit-policy')).toBe('"phone-hour";q=5;w=3600, "phone-day";q=20;w=86400');
        const [, hour, day] =
          /^"phone-hour";r=(\d+);t=\d+, "phone-day";r=(\d+);t=\d+$/.exec(headers.get('ratelimit') ?? '') ?? [];
        expect([Number(hour), Number(day), body.sendsLeft]).toEqual([left, left + 15, left]);
      }
    });
  });

  describe('of limits', () => {
    it('refuses the sixth text in an hour, and asking again changes nothing', async () => {
      const phone = newPhone();
      for (let left = 4; left >= 0; left--) expect((await start(phone)).body.sendsLeft).toBe(left);
      const refused: Answer[] = [];
      for (let ask = 0; ask < 20; ask++) refused.push(await start(phone));
      for (const answer of refused) {
        expectLimited(answer, 'phone-hour', 3_600);
        expect(answer.headers.get('ratelimit')).toMatch(/"phone-hour";r=0;t=\d+/);
      }
      const waits = refused.map(retryAfterOf);
      expect(waits).toEqual(waits.toSorted((a, b) => b - a));
    });

    it('refuses a resend before its cool-down, and asking again changes nothing', async () => {
      const { id, nextSendAt, createdAt } = (await start()).body;
      expect(Date.parse(nextSendAt) - Date.parse(createdAt)).toBe(30_000);
      const refused: Answer[] = [];
      for (let ask = 0; ask < 20; ask++) refused.push(await app.call('POST', `${START}/${id}/resend`, {}));
      for (const answer of refused) expectLimited(answer, 'resend-cooldown', 30);
      const waits = refused.map(retryAfterOf);
      expect(waits).toEqual(waits.toSorted((a, b) => b - a));
      expect((await app.call('GET', `${START}/${id}`)).body).toMatchObject({ nextSendAt, sendsLeft: 4 });
    });

    it('does not call a limit unused because the cool-down refused', async () => {
      const { id } = (await start()).body;
      const { headers } = await app.call('POST', `${START}/${id}/resend`, {});
      expect(headers.get('ratelimit') ?? 'no claim').not.toContain('"phone-hour";r=5');
    });

    it('counts a phone once, however it is spelled', async () => {
      const spellings = ['+1 646 555 0147', '(646) 555-0147', '646.555.0147', '1-646-555-0147', '+1[646]5550147'];
      const left = [];
      for (const spelling of spellings) left.push((await start(spelling)).body.sendsLeft);
      expect(left).toEqual([4, 3, 2, 1, 0]);
      for (const spelling of spellings) expectLimited(await start(spelling), 'phone-hour', 3_600);
    });

    it('lets 5 of 20 concurrent starts through', async () => {
      const phone = newPhone();
      const answers = await Promise.all(Array.from({ length: 20 }, () => start(phone)));
      expect(answers.map(({ status }) => status).sort()).toEqual([...Array(5).fill(201), ...Array(15).fill(429)]);
    });

    it('refuses the sixth guess, and even the right one then', async () => {
      const { id, testCode } = (await start()).body;
      const wrong = String((Number(testCode) + 1) % 1_000_000).padStart(6, '0');
      for (let left = 4; left >= 0; left--) expect((await check(id, { code: wrong })).body.checksLeft).toBe(left);
      const answer = await check(id, { code: testCode });
      expect([answer.status, answer.body.code]).toEqual([429, 'TOO_MANY_CHECKS']);
      expect(retryAfterOf(answer)).toBeLessThanOrEqual(600);
      expect(retryAfterOf(answer)).toBeGreaterThanOrEqual(1);
    });
  });

  describe('of proofs', () => {
    const approve = async (phone: string, more: object = {}): Promise<string> => {
      const { id, testCode } = (await start(phone, more)).body;
      return (await check(id, { code: testCode })).body.proof;
    };
    const keys = async () => createLocalJWKSet((await app.call('GET', JWKS, undefined, NO_KEY)).body as JSONWebKeySet);
    const EXPECTED: JWTVerifyOptions = { issuer: ISSUER, audience: 'tests', typ: 'proof+jwt', algorithms: ['ES256'] };

    it('publishes public keys only', async () => {
      const { body, headers } = await app.call('GET', JWKS, undefined, NO_KEY);
      expect(headers.get('cache-control')).toBe('public, max-age=300');
      for (const key of body.keys) {
        expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
      }
    });

    it('verifies offline, and says for whom, for what and how long, but not the phone', async () => {
      const proof = await approve('+1 917 555 0147', { purpose: 'checkout' });
      const { payload, protectedHeader } = await jwtVerify(proof, await keys(), EXPECTED);
      expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'proof+jwt', kid: expect.any(String) });
      expect(payload).toEqual({
        iss: ISSUER,
        aud: 'tests',
        sub: expect.stringMatching(/^[0-9a-f-]{36}$/),
        jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
        iat: expect.any(Number),
        exp: (payload.iat ?? 0) + 600,
        purpose: 'checkout',
        phone: '+******0147',
        phone_hash: expect.stringMatching(/^[\w-]{43}$/),
      });
      expect(Math.abs((payload.iat ?? 0) - Date.now() / 1_000)).toBeLessThan(5);
      expect(JSON.stringify(payload)).not.toContain('9175550147');
    });

    it.each<[string, JWTVerifyOptions]>([
      ['another audience', { audience: 'others' }],
      ['another issuer', { issuer: 'https://verify.example.org' }],
      ['another type', { typ: 'at+jwt' }],
      ['a time after its end', { currentDate: new Date(Date.now() + 700_000) }],
    ])('does not verify for %s', async (_, wrong) => {
      const proof = await approve(newPhone());
      await expect(jwtVerify(proof, await keys(), { ...EXPECTED, ...wrong })).rejects.toBeInstanceOf(errors.JOSEError);
    });

    it.each([0, 1, 2])('does not verify when part %i is changed by one byte', async (part) => {
      const parts = (await approve(newPhone())).split('.');
      const bytes = Buffer.from(parts[part] ?? '', 'base64url');
      bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
      parts[part] = bytes.toString('base64url');
      await expect(jwtVerify(parts.join('.'), await keys(), EXPECTED)).rejects.toBeInstanceOf(Error);
    });

    it('has an id and a hash of its own each time', async () => {
      const phone = newPhone();
      const [one, other] = [decodeJwt(await approve(phone)), decodeJwt(await approve(phone))];
      expect(one.jti).not.toBe(other.jti);
      expect(one.phone_hash).not.toBe(other.phone_hash);
    });

    it('is given once', async () => {
      const { id, testCode } = (await start()).body;
      const answers = await Promise.all([1, 2, 3, 4, 5].map(() => check(id, { code: testCode })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404, 404]);
      expect(answers.filter(({ body }) => body.proof)).toHaveLength(1);
    });

    it('is not given for another purpose, and asking for one costs no guess', async () => {
      const { id, testCode } = (await start(newPhone(), { purpose: 'checkout' })).body;
      const answer = await check(id, { code: testCode, purpose: 'login' });
      expect([answer.status, answer.body.code]).toEqual([404, 'VERIFICATION_NOT_FOUND']);
      expect((await app.call('GET', `${START}/${id}`)).body).toMatchObject({ status: 'pending', checksLeft: 5 });
      expect((await check(id, { code: testCode, purpose: 'checkout' })).body.valid).toBe(true);
    });
  });
});

describe('the budget of an address', () => {
  let app: TestApp;
  afterEach(() => app.close());

  const keysFor = (headers: Readonly<Record<string, string>> = {}) =>
    app.call('GET', JWKS, undefined, { ...NO_KEY, ...headers });
  const from = (address: string) => ({ 'x-forwarded-for': address });
  async function statusesOf(count: number, address: (ask: number) => string): Promise<Record<number, number>> {
    const answers = await Promise.all(Array.from({ length: count }, (_, ask) => keysFor(from(address(ask)))));
    return Object.fromEntries(
      [200, 429].map((status) => [status, answers.filter((answer) => answer.status === status).length]),
    );
  }

  it('is 60 requests a minute, whatever X-Forwarded-For says', async () => {
    app = await startApp();
    const first = await keysFor();
    expect(first.headers.get('ratelimit-policy')).toBe('"address";q=60;w=60');
    expect(first.headers.get('ratelimit')).toBe('"address";r=59;t=60');
    expect(await statusesOf(99, (ask) => `203.0.113.${ask}`)).toEqual({ 200: 59, 429: 40 });
    const refused = [await keysFor(), await keysFor({ forwarded: 'for=203.0.113.1', 'x-real-ip': '203.0.113.1' })];
    for (const answer of refused) {
      expectLimited(answer, 'address', 60);
      expect(answer.headers.get('ratelimit')).toMatch(/^"address";r=0;t=\d+$/);
      expect(answer.headers.get('cache-control')).toContain('no-store');
    }
    expect(retryAfterOf(refused[1] as Answer)).toBeLessThanOrEqual(retryAfterOf(refused[0] as Answer));
    expect((await app.call('POST', START, { phone: '+12125550147' })).status).toBe(201);
  });

  it('is one for each forwarded address behind a trusted proxy', async () => {
    app = await startApp({ TRUSTED_PROXIES: '127.0.0.1' });
    expect(await statusesOf(61, () => '203.0.113.1')).toEqual({ 200: 60, 429: 1 });
    expect(await statusesOf(61, () => '203.0.113.2')).toEqual({ 200: 60, 429: 1 });
    expect((await keysFor()).status).toBe(200);
  });

  it('is that of the last address that no trusted proxy wrote', async () => {
    app = await startApp({ TRUSTED_PROXIES: '127.0.0.1' });
    expect(await statusesOf(61, (ask) => `198.51.100.${ask}, 203.0.113.1`)).toEqual({ 200: 60, 429: 1 });
  });

  it('is the same for every proxy that is not trusted', async () => {
    app = await startApp({ TRUSTED_PROXIES: '10.0.0.0/8' });
    expect(await statusesOf(61, (ask) => `203.0.113.${ask}`)).toEqual({ 200: 60, 429: 1 });
  });
});
