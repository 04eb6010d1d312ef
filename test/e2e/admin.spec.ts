import { hash } from '@node-rs/argon2';

import { AdminPassword } from '../../src/admin/index.js';
import { Database } from '../../src/prisma/index.js';
import { startApp, type Answer, type TestApp } from '../setup/app.js';
import { cookieOf, SESSION, signIn, tryPassword } from '../setup/operator.js';
import { cleanUp, dataFolder, PRODUCTION } from '../setup/process.js';
import { serverUrl } from '../setup/database.js';

jest.setTimeout(60_000);
afterAll(cleanUp);

const PASSWORD = 'correct horse battery staple';
const KEYS = '/v1/admin/keys';
const ROUTES = [
  ['GET', SESSION],
  ['DELETE', SESSION],
  ['GET', KEYS],
  ['POST', KEYS],
  ['DELETE', `${KEYS}/7f3c1e2a-0000-4000-8000-123456789012`],
  ['GET', '/v1/admin/audit'],
] as const;

const count = (answers: readonly Answer[]): Record<number, number> => {
  const statuses: Record<number, number> = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  return statuses;
};
const from = (address: string) => ({ 'x-forwarded-for': address });

function expectLockedOut({ status, headers, body }: Answer, limit: string, atMost: number): void {
  expect([status, body.code, body.limit]).toEqual([429, 'RATE_LIMIT_EXCEEDED', limit]);
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(atMost);
}

describe('without ADMIN_PASSWORD', () => {
  let app: TestApp;
  afterEach(() => app.close());

  it.each([
    ['development', {}],
    ['production', PRODUCTION],
  ])('nobody gets in, in %s', async (_, env) => {
    app = await startApp(env);
    const cookies = ['sixdigit-admin', '__Host-sixdigit-admin'].map((name) => `${name}=${'A'.repeat(43)}`).join('; ');
    const forged: Record<string, string> = { cookie: cookies, 'x-csrf-token': 'A', origin: app.url };
    for (const headers of [{} as Record<string, string>, forged]) {
      for (const [method, path] of ROUTES) {
        const answer = await app.call(method, path, method === 'POST' ? {} : undefined, {
          authorization: '',
          ...headers,
        });
        expect([method, path, answer.status]).toEqual([method, path, expect.any(Number)]);
        expect([401, 403]).toContain(answer.status);
      }
    }
    for (const password of ['undefined', 'null', ' ', 'ADMIN_PASSWORD', PASSWORD]) {
      const answer = await tryPassword(app, password);
      expect([answer.status, answer.body.code, answer.headers.get('set-cookie')]).toEqual([404, 'NOT_FOUND', null]);
    }
  });
});

describe('an operator', () => {
  let app: TestApp;
  let database: Database;
  beforeAll(async () => {
    app = await startApp({ ADMIN_PASSWORD: PASSWORD });
    database = app.app.get(Database);
  });
  afterAll(() => app.close());
  const sql = (text: string) => database.query<Record<string, unknown>>({ name: '', text }, []);

  it('signs in, is known, and signs out', async () => {
    const answer = await tryPassword(app, PASSWORD);
    expect(answer.status).toBe(201);
    const twelveHours = Date.parse(answer.body.expiresAt) - Date.now();
    expect(twelveHours / 3_600_000).toBeCloseTo(12, 1);
    expect(answer.headers.get('set-cookie')).toMatch(
      /^sixdigit-admin=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const operator = await signIn(app, PASSWORD);
    expect(await operator.call('GET', SESSION)).toMatchObject({ status: 200, body: { csrfToken: operator.csrfToken } });
    const out = await operator.call('DELETE', SESSION);
    expect([out.status, out.headers.get('set-cookie')]).toEqual([
      204,
      expect.stringMatching(/^sixdigit-admin=; Max-Age=0;/),
    ]);
    for (const [method, path] of ROUTES)
      expect((await operator.call(method, path, method === 'POST' ? {} : undefined)).status).toBe(401);
  });

  it('who signs in eight times in a row is not locked out: only wrong passwords count', async () => {
    for (let time = 0; time < 8; time++) await signIn(app, PASSWORD);
  });

  it.each([undefined, null, '', 7, ['x'], { password: 'x' }, 'x'.repeat(1_025)])(
    '%j is no password',
    async (password) => {
      expect((await tryPassword(app, password)).status).toBe(400);
    },
  );

  it('has a token that nobody else chose', async () => {
    const chosen = 'A'.repeat(43);
    const answer = await tryPassword(app, PASSWORD, { cookie: `sixdigit-admin=${chosen}` });
    expect(answer.status).toBe(201);
    expect(cookieOf(answer)).not.toContain(chosen);
    const asChosen = await app.call('GET', SESSION, undefined, {
      authorization: '',
      cookie: `sixdigit-admin=${chosen}`,
    });
    expect(asChosen.status).toBe(401);
  });

  it('who signs in anew ends the session that the browser had, and no other', async () => {
    const [former, other] = [await signIn(app, PASSWORD), await signIn(app, PASSWORD)];
    const answer = await tryPassword(app, PASSWORD, { cookie: former.cookie });
    expect(cookieOf(answer)).not.toBe(former.cookie);
    expect((await former.call('GET', SESSION)).status).toBe(401);
    expect((await other.call('GET', SESSION)).status).toBe(200);
  });

  it.each([
    ['30 minutes without a word', "last_seen_at = last_seen_at - interval '31 minutes'", 401],
    ['29 minutes without a word', "last_seen_at = last_seen_at - interval '29 minutes'", 200],
    ['12 hours', "expires_at = expires_at - interval '12 hours 1 minute'", 401],
  ])('after %s', async (_, change, status) => {
    const operator = await signIn(app, PASSWORD);
    await sql(`UPDATE admin_sessions SET ${change}`);
    expect((await operator.call('GET', SESSION)).status).toBe(status);
  });

  it('keeps a session by using it, for 12 hours at most', async () => {
    const operator = await signIn(app, PASSWORD);
    for (let quarter = 0; quarter < 4; quarter++) {
      await sql("UPDATE admin_sessions SET last_seen_at = last_seen_at - interval '20 minutes'");
      expect((await operator.call('GET', SESSION)).status).toBe(200);
    }
    const { body } = await operator.call('GET', SESSION);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThanOrEqual(12 * 3_600_000);
  });

  describe('changes nothing', () => {
    const create = { name: 'forged', scopes: ['admin'] };
    it.each<[string, (app: TestApp, other: string) => Record<string, string>]>([
      ['without the token', () => ({ 'x-csrf-token': '' })],
      ['with a token cut short', () => ({ 'x-csrf-token': 'A' })],
      ["with another session's token", (_, other) => ({ 'x-csrf-token': other })],
      ['from another origin', () => ({ origin: 'https://evil.example' })],
      ['from an origin that ends like ours', ({ url }) => ({ origin: `${url}.evil.example` })],
      ['from another port', () => ({ origin: 'http://127.0.0.1:1' })],
      ['from an origin that is hidden', () => ({ origin: 'null' })],
      ['from another site', () => ({ 'sec-fetch-site': 'cross-site' })],
      ['from a sister site', () => ({ 'sec-fetch-site': 'same-site' })],
    ])('%s', async (_, headersOf) => {
      const [operator, other] = [await signIn(app, PASSWORD), await signIn(app, PASSWORD)];
      const headers = headersOf(app, other.csrfToken);
      for (const [method, path, body] of [
        ['POST', KEYS, create],
        ['DELETE', SESSION, undefined],
      ] as const) {
        const answer = await operator.call(method, path, body, headers);
        expect([answer.status, answer.body.code]).toEqual([403, 'UNAUTHORIZED']);
      }
      expect(await sql("SELECT 1 FROM api_keys WHERE name = 'forged'")).toEqual([]);
      expect((await operator.call('GET', SESSION)).status).toBe(200);
    });

    it('by a cookie and a token alone: a browser says where it comes from', async () => {
      const { cookie, csrfToken } = await signIn(app, PASSWORD);
      const headers = { authorization: '', cookie, 'x-csrf-token': csrfToken };
      expect((await app.call('POST', KEYS, create, headers)).status).toBe(403);
    });

    it('by a cookie where keys are asked for', async () => {
      const operator = await signIn(app, PASSWORD);
      expect((await operator.call('POST', '/v1/verifications', { phone: '+12125550100' })).status).toBe(401);
    });
  });

  it('is not signed in by a page of another site', async () => {
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Record<
      string,
      string
    >[])
      expect((await tryPassword(app, PASSWORD, headers)).status).toBe(403);
  });

  it('is an operator by the key, where a request has both', async () => {
    const operator = await signIn(app, PASSWORD);
    expect((await operator.call('GET', KEYS, undefined, { authorization: `Bearer ${app.key}` })).status).toBe(403);
    expect((await operator.call('GET', KEYS, undefined, { authorization: 'Bearer wrong' })).status).toBe(401);
  });

  it('is written down, and neither the password nor a token is', async () => {
    const operator = await signIn(app, PASSWORD);
    await tryPassword(app, 'wrong-password-zebra');
    const token = operator.cookie.split('=')[1] ?? 'none';
    const { acts } = (await operator.call('GET', '/v1/admin/audit')).body as { acts: Record<string, string>[] };
    expect(acts.slice(0, 2)).toEqual([
      expect.objectContaining({ who: 'somebody', act: 'session.refuse', network: '127.0.0.0/24' }),
      expect.objectContaining({ who: 'session:admin', act: 'session.begin' }),
    ]);
    const tables = ['admin_sessions', 'admin_audit', 'limit_windows', 'api_keys'];
    const rows = await Promise.all(tables.map((table) => sql(`SELECT row_to_json(t)::text AS row FROM ${table} t`)));
    const kept = JSON.stringify(rows) + app.log();
    for (const secret of [PASSWORD, 'zebra', token, operator.csrfToken, Buffer.from(token).toString('hex')])
      expect(kept).not.toContain(secret);
  });
});

describe('a session', () => {
  let app: TestApp;
  afterEach(() => app.close());

  it.each([{ PUBLIC_BASE_URL: 'https://verify.example.com' }, PRODUCTION])(
    'goes by TLS only, and to this host only: %j',
    async (env) => {
      app = await startApp({ ...env, ADMIN_PASSWORD: PASSWORD });
      const answer = await tryPassword(app, PASSWORD);
      expect(answer.headers.get('set-cookie')).toMatch(
        /^__Host-sixdigit-admin=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
    },
  );

  it('is changed by pages of PUBLIC_BASE_URL', async () => {
    app = await startApp({ PUBLIC_BASE_URL: 'https://verify.example.com', ADMIN_PASSWORD: PASSWORD });
    const operator = await signIn(app, PASSWORD);
    const out = await operator.call('DELETE', SESSION, undefined, { origin: 'https://verify.example.com' });
    expect(out.status).toBe(204);
  });

  it('is begun by a password whose hash is in ADMIN_PASSWORD', async () => {
    app = await startApp({ ADMIN_PASSWORD: await hash(PASSWORD) });
    expect((await tryPassword(app, `${PASSWORD} `)).status).toBe(401);
    await signIn(app, PASSWORD);
  });

  const onFolder = serverUrl ? it.skip : it;
  onFolder('ends when another password is set, and outlives a restart without', async () => {
    const env = { DATA_DIR: await dataFolder(), APP_SECRET: 'app-secret-0123456789abcdefghijklmnop' };
    app = await startApp({ ...env, ADMIN_PASSWORD: PASSWORD });
    const operator = await signIn(app, PASSWORD);
    await app.close();
    const headers = { authorization: '', cookie: operator.cookie };
    for (const [password, status] of [
      [PASSWORD, 200],
      ['another password', 401],
      [undefined, 401],
    ] as const) {
      app = await startApp({ ...env, ADMIN_PASSWORD: password });
      expect((await app.call('GET', SESSION, undefined, headers)).status).toBe(status);
      await app.close();
    }
  });
});

describe('wrong passwords', () => {
  let app: TestApp;
  let looks: jest.SpyInstance;
  beforeEach(async () => {
    app = await startApp({ ADMIN_PASSWORD: PASSWORD, TRUSTED_PROXIES: '127.0.0.1' });
    looks = jest.spyOn(app.app.get(AdminPassword), 'isRight');
  });
  afterEach(() => app.close());
  const all = (length: number, ask: (index: number) => Promise<Answer>) =>
    Promise.all(Array.from({ length }, (_, index) => ask(index)));

  it('from one address are five in 15 minutes, however many come at once', async () => {
    const answers = await all(40, (n) => tryPassword(app, `wrong-${n}`, from('203.0.113.1')));
    expect(count(answers)).toEqual({ 401: 5, 429: 35 });
    expect(looks).toHaveBeenCalledTimes(5);
    const right = await tryPassword(app, PASSWORD, from('203.0.113.1'));
    expectLockedOut(right, 'sign-in-address', 900);
    expect(looks).toHaveBeenCalledTimes(5);
    expect((await tryPassword(app, PASSWORD, from('203.0.113.2'))).status).toBe(201);
  });

  it('from all addresses are twenty in an hour, however many come at once', async () => {
    const answers = await all(40, (n) => tryPassword(app, `wrong-${n}`, from(`203.0.113.${n}`)));
    expect(count(answers)).toEqual({ 401: 20, 429: 20 });
    expect(looks).toHaveBeenCalledTimes(20);
    expectLockedOut(await tryPassword(app, PASSWORD, from('198.51.100.1')), 'sign-in', 3_600);
    expect(looks).toHaveBeenCalledTimes(20);
  });

  it('of others, below that, keep nobody out', async () => {
    await all(19, (n) => tryPassword(app, 'wrong', from(`203.0.113.${n % 5}`)));
    for (let time = 0; time < 3; time++)
      expect((await tryPassword(app, PASSWORD, from('198.51.100.1'))).status).toBe(201);
  });

  it('that were refused do not count for everybody', async () => {
    await all(40, () => tryPassword(app, 'wrong', from('203.0.113.1')));
    const others = await all(15, (n) => tryPassword(app, 'wrong', from(`198.51.100.${n}`)));
    expect(count(others)).toEqual({ 401: 15 });
    expect((await tryPassword(app, 'wrong', from('192.0.2.1'))).status).toBe(429);
  });

  it('of one subscriber count together, whichever of his addresses they come from', async () => {
    const answers = await all(10, (n) => tryPassword(app, 'wrong', from(`2001:db8:1:2:${n}::1`)));
    expect(count(answers)).toEqual({ 401: 5, 429: 5 });
    expect((await tryPassword(app, PASSWORD, from('2001:db8:1:3::1'))).status).toBe(201);
  });

  it('are counted by the address that the proxy saw, not by those that were sent along', async () => {
    const answers = await all(10, (n) => tryPassword(app, 'wrong', from(`198.51.100.${n}, 203.0.113.1`)));
    expect(count(answers)).toEqual({ 401: 5, 429: 5 });
  });

  it('are forgotten in time', async () => {
    await all(6, () => tryPassword(app, 'wrong', from('203.0.113.1')));
    const earlier = `UPDATE limit_windows SET hits = ARRAY(SELECT hit - interval '16 minutes' FROM unnest(hits) AS hit ORDER BY hit)`;
    await app.app.get(Database).query({ name: '', text: earlier }, []);
    expect((await tryPassword(app, PASSWORD, from('203.0.113.1'))).status).toBe(201);
  });
});
