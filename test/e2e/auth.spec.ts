import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';

import { Database } from '../../src/prisma/index.js';
import { startApp, type Answer, type TestApp } from '../setup/app.js';
import { asked as requested } from '../setup/background.js';
import { age } from '../setup/database.js';
import { codeIn } from '../setup/instances.js';
import { Device, wrongFor, type Started } from '../setup/people.js';
import { twilioEnv } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

const ISSUER = 'https://verify.example.test';
const AUDIENCE = 'https://api.example.test';
const API = '/v1/verifications';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TOKEN = /^[\w-]{43}$/;
const JWT = /^[\w-]+\.[\w-]+\.[\w-]{86}$/;
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string;

const codeOf = ({ status, body }: Answer) => [status, body.code];

describe('login', () => {
  let app: TestApp;
  let phones = 0;
  beforeAll(async () => {
    app = await startApp({ PUBLIC_BASE_URL: ISSUER, AUTH_AUDIENCE: AUDIENCE, TRUSTED_PROXIES: '127.0.0.1' });
  });
  afterAll(() => app.close());

  const newPhone = () => `+1212555${2_000 + phones++}`;
  const device = () => new Device(app);
  const loggedIn = (phone = newPhone()) => device().login(phone);
  const keySet = async () => createLocalJWKSet((await app.call('GET', '/.well-known/jwks.json')).body as JSONWebKeySet);
  const statements = async (work: () => Promise<unknown>) => {
    const spy = jest.spyOn(app.app.get(Database), 'query');
    await work();
    const run = spy.mock.calls.map(([{ name }]) => name);
    spy.mockRestore();
    return requested(run).filter((name) => !name.includes('adopt'));
  };

  describe('of docs/login.md', () => {
    const phone = '+14155552671';
    const newNumber = '+14155552672';
    let me: Device;
    beforeAll(() => void (me = device()));

    it('starts', async () => {
      const { status, body } = await me.start('(415) 555-2671');
      expect(status).toBe(201);
      expect(body).toEqual({
        id: expect.stringMatching(UUID),
        phone: '+******2671',
        channel: 'sms',
        expiresAt: TIME,
        nextSendAt: TIME,
        sendsLeft: 4,
        checksLeft: 5,
        testCode: expect.stringMatching(/^\d{6}$/),
      });
    });

    it('verifies', async () => {
      const { id, testCode } = (await me.start(phone)).body as Started;
      const wrong = await me.verify(id, wrongFor(testCode));
      expect(codeOf(wrong)).toEqual([401, 'CODE_INCORRECT']);
      expect(wrong.body.checksLeft).toBe(4);
      const { status, body } = await me.verify(id, testCode);
      expect([status, body]).toEqual([
        200,
        {
          accessToken: expect.stringMatching(JWT),
          tokenType: 'Bearer',
          expiresIn: 900,
          refreshToken: expect.stringMatching(TOKEN),
          refreshExpiresIn: 30 * 86_400,
          user: { id: expect.stringMatching(UUID), phone: '+******2671', isNew: true },
        },
      ]);
      me.tokens = body;
      expect(codeOf(await me.verify(id, testCode))).toEqual([404, 'VERIFICATION_NOT_FOUND']);
    });

    it('refreshes', async () => {
      const { status, body } = await me.refresh();
      expect(status).toBe(200);
      expect(Object.keys(body).sort()).toEqual([
        'accessToken',
        'expiresIn',
        'refreshExpiresIn',
        'refreshToken',
        'tokenType',
      ]);
      expect(body.refreshToken).not.toBe(me.tokens?.refreshToken);
      me.tokens = { ...me.tokens!, ...body };
    });

    it('says who is logged in', async () => {
      expect((await me.call('GET', '/v1/auth/me')).body).toEqual({
        id: me.tokens?.user.id,
        phone: '+******2671',
        createdAt: TIME,
        sessionId: decodeJwt(me.tokens!.accessToken).sid,
        signedInAt: TIME,
      });
      const { sessions } = (await me.call('GET', '/v1/auth/sessions')).body;
      expect(sessions).toEqual([
        {
          id: expect.stringMatching(UUID),
          current: true,
          client: 'node',
          createdAt: TIME,
          refreshedAt: TIME,
          endsAt: TIME,
        },
      ]);
    });

    it('steps up', async () => {
      const asked = { action: 'payout', context: 'order-4711 200.00 EUR' };
      const started = await me.call('POST', '/v1/auth/step-up/start', asked);
      expect(started.status).toBe(201);
      const { id, testCode } = started.body as Started;
      const { status, body } = await me.call('POST', '/v1/auth/step-up/verify', { id, code: testCode });
      expect([status, body]).toEqual([200, { proof: expect.stringMatching(JWT), expiresIn: 300 }]);
      const { payload } = await jwtVerify(body.proof, await keySet(), {
        issuer: ISSUER,
        audience: `${AUDIENCE}#step-up`,
        typ: 'step-up+jwt',
        algorithms: ['ES256'],
      });
      const { sid, sub } = decodeJwt(me.tokens!.accessToken);
      expect(payload).toMatchObject({
        sub,
        sid,
        ...asked,
        jti: id,
        amr: ['sms', 'otp'],
        auth_time: expect.any(Number),
      });
      expect(payload.exp! - payload.iat!).toBe(300);
      const redeem = (more = {}) => app.call('POST', '/v1/auth/step-up/redeem', { proof: body.proof, ...more });
      expect(codeOf(await redeem({ action: 'delete-account' }))).toEqual([410, 'PROOF_SPENT']);
      const redeemed = await redeem();
      expect([redeemed.status, redeemed.body]).toEqual([
        200,
        { userId: sub, sessionId: sid, ...asked, authenticatedAt: TIME },
      ]);
      expect(codeOf(await redeem())).toEqual([410, 'PROOF_SPENT']);
    });

    it('changes the number', async () => {
      await age(app.app.get(Database), 3_601); // the number had all texts of its hour
      const other = await loggedIn(phone);
      const { status, body } = await me.call('POST', '/v1/auth/phone-change/start', { phone: newNumber });
      expect([status, Object.keys(body).sort()]).toEqual([201, ['current', 'expiresAt', 'id', 'new']]);
      const changed = await me.call('POST', '/v1/auth/phone-change/verify', {
        id: body.id,
        currentCode: body.current.testCode,
        newCode: body.new.testCode,
      });
      expect([changed.status, changed.body]).toEqual([200, { phone: '+******2672', sessionsEnded: 1 }]);
      expect((await me.call('GET', '/v1/auth/me')).body.phone).toBe('+******2672');
      expect(codeOf(await other.call('GET', '/v1/auth/me'))).toEqual([401, 'UNAUTHORIZED']);
      expect((await loggedIn(newNumber)).tokens?.user).toMatchObject({ id: me.tokens?.user.id, isNew: false });
      expect((await loggedIn(phone)).tokens?.user).toMatchObject({ isNew: true });
    });

    it('logs out', async () => {
      expect((await me.call('POST', '/v1/auth/logout')).status).toBe(204);
      expect(codeOf(await me.call('GET', '/v1/auth/me'))).toEqual([401, 'UNAUTHORIZED']);
      expect(codeOf(await me.refresh())).toEqual([401, 'UNAUTHORIZED']);
    });
  });

  describe('for known and unknown numbers', () => {
    it('runs the same statements and answers the same members, at start and at resend', async () => {
      const known = newPhone();
      await loggedIn(known);
      const seen = [];
      for (const phone of [known, newPhone()]) {
        const me = device();
        let started!: Answer;
        const run = await statements(async () => (started = await me.start(phone)));
        const { id, testCode, phone: masked, expiresAt, nextSendAt, sendsLeft, ...rest } = started.body;
        expect([id, testCode, masked, expiresAt, nextSendAt, sendsLeft]).not.toContain(undefined);
        const headers = [...started.headers.keys()].filter((name) => name !== 'date').sort();
        seen.push({ run, status: started.status, rest, headers, members: Object.keys(started.body) });
      }
      expect(seen[0]).toEqual(seen[1]);
      expect(seen[0]?.run).toContain('start_verification');
      expect(seen[0]?.run.join()).not.toMatch(/user|sign_in|session/);
    });

    it('makes nobody a user before the code was right', async () => {
      const users = async () =>
        (
          await app.app
            .get(Database)
            .query<{ n: number }>({ name: '', text: 'SELECT count(*)::int AS n FROM users' }, [])
        )[0]?.n;
      const before = await users();
      const me = device();
      const { id, testCode } = (await me.start(newPhone())).body as Started;
      await me.verify(id, wrongFor(testCode));
      expect(await users()).toBe(before);
      await me.verify(id, testCode);
      expect(await users()).toBe(before! + 1);
    });
  });

  describe('and the server API', () => {
    it('neither reads, resends, checks nor cancels what login started', async () => {
      const me = device();
      const { id, testCode } = (await me.start(newPhone())).body as Started;
      await age(app.app.get(Database), 31);
      for (const [method, path, body] of [
        ['GET', `${API}/${id}`, undefined],
        ['DELETE', `${API}/${id}`, undefined],
        ['POST', `${API}/${id}/resend`, {}],
        ['POST', `${API}/${id}/check`, { code: testCode }],
        ['POST', `${API}/${id}/check`, { code: wrongFor(testCode) }],
      ] as const) {
        expect(codeOf(await app.call(method, path, body))).toEqual([404, 'VERIFICATION_NOT_FOUND']);
      }
      const asked = await app.call('POST', `${API}/${id}/check`, { code: testCode, purpose: 'auth:login' });
      expect(codeOf(asked)).toEqual([400, 'INVALID_REQUEST']);
      expect((await me.call('POST', '/v1/auth/phone/resend', { id })).body.checksLeft).toBe(5);
      expect((await me.verify(id.toUpperCase(), testCode)).status).toBe(200);
      expect(codeOf(await app.call('GET', `${API}/${id}`))).toEqual([404, 'VERIFICATION_NOT_FOUND']);
    });

    it('cannot ask for a purpose of login', async () => {
      for (const purpose of ['auth:login', 'auth:step-up:payout']) {
        expect(codeOf(await app.call('POST', API, { phone: newPhone(), purpose }))).toEqual([400, 'INVALID_REQUEST']);
      }
    });

    it('starts nothing that logs in, whatever its purpose', async () => {
      for (const purpose of ['login', 'auth', 'auth-login']) {
        const { id, testCode } = (await app.call('POST', API, { phone: newPhone(), purpose })).body as Started;
        const me = await loggedIn();
        await age(app.app.get(Database), 31);
        const tries = [
          await me.verify(id, testCode),
          await me.call('POST', '/v1/auth/phone/resend', { id }),
          await me.call('POST', '/v1/auth/step-up/verify', { id, code: testCode }),
        ];
        for (const answer of tries) expect(codeOf(answer)).toEqual([404, 'VERIFICATION_NOT_FOUND']);
        expect((await app.call('GET', `${API}/${id}`)).body).toMatchObject({
          status: 'pending',
          checksLeft: 5,
          sendsLeft: 4,
        });
      }
    });

    it('has none of login when that is off', async () => {
      const off = await startApp({ AUTH_ENABLED: 'false' });
      try {
        expect((await off.call('POST', '/v1/auth/phone/start', { phone: newPhone() })).status).toBe(404);
        expect((await off.call('GET', '/.well-known/jwks.json')).body.keys).toHaveLength(1);
        expect((await app.call('GET', '/.well-known/jwks.json')).body.keys).toHaveLength(2);
      } finally {
        await off.close();
      }
    });
  });

  describe('gives access tokens that', () => {
    it('others verify offline, and that say who, where and how, but not the phone', async () => {
      const { tokens } = await loggedIn('+19175550147');
      const { payload, protectedHeader } = await jwtVerify(tokens!.accessToken, await keySet(), {
        issuer: ISSUER,
        audience: AUDIENCE,
        typ: 'at+jwt',
        algorithms: ['ES256'],
      });
      expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
      expect(payload).toEqual({
        iss: ISSUER,
        aud: AUDIENCE,
        sub: tokens?.user.id,
        sid: expect.stringMatching(UUID),
        jti: expect.stringMatching(UUID),
        iat: expect.any(Number),
        exp: payload.iat! + 900,
        auth_time: payload.iat,
        amr: ['sms', 'otp'],
        acr: 'urn:sixdigit:acr:sms',
      });
      expect(JSON.stringify(payload)).not.toContain('5550147');
    });

    it('have another key than proofs', async () => {
      const { id, testCode } = (await app.call('POST', API, { phone: newPhone() })).body as Started;
      const { proof } = (await app.call('POST', `${API}/${id}/check`, { code: testCode })).body;
      const { tokens } = await loggedIn();
      expect(decodeProtectedHeader(tokens!.accessToken).kid).not.toBe(decodeProtectedHeader(proof).kid);
    });

    it('keep the time of the login when they are refreshed', async () => {
      const me = await loggedIn();
      const before = decodeJwt(me.tokens!.accessToken);
      const after = decodeJwt((await me.refresh()).body.accessToken);
      expect(after).toMatchObject({ sub: before.sub, sid: before.sid, auth_time: before.auth_time });
      expect(after.jti).not.toBe(before.jti);
    });
  });

  describe('has sessions that', () => {
    it('are listed, and ended one by one, by their owner only', async () => {
      const phone = newPhone();
      const [one, two, stranger] = [await loggedIn(phone), await loggedIn(phone), await loggedIn()];
      const { sessions } = (await one.call('GET', '/v1/auth/sessions')).body;
      expect(sessions.map(({ current }: { current: boolean }) => current).sort()).toEqual([false, true]);
      const other = sessions.find(({ current }: { current: boolean }) => !current).id;
      expect(codeOf(await stranger.call('DELETE', `/v1/auth/sessions/${other}`))).toEqual([404, 'NOT_FOUND']);
      expect(codeOf(await one.call('DELETE', '/v1/auth/sessions/zebra'))).toEqual([404, 'NOT_FOUND']);
      expect((await two.call('GET', '/v1/auth/me')).status).toBe(200);
      expect((await one.call('DELETE', `/v1/auth/sessions/${other}`)).status).toBe(204);
      expect(codeOf(await one.call('DELETE', `/v1/auth/sessions/${other}`))).toEqual([404, 'NOT_FOUND']);
      expect(codeOf(await two.call('GET', '/v1/auth/me'))).toEqual([401, 'UNAUTHORIZED']);
      expect(codeOf(await two.refresh())).toEqual([401, 'UNAUTHORIZED']);
      expect((await one.call('GET', '/v1/auth/me')).status).toBe(200);
    });

    it('are all ended by one logout everywhere', async () => {
      const phone = newPhone();
      const all = [await loggedIn(phone), await loggedIn(phone), await loggedIn(phone)];
      const stranger = await loggedIn();
      expect((await all[1]!.call('POST', '/v1/auth/logout', { everywhere: true })).status).toBe(204);
      for (const each of all) expect((await each.call('GET', '/v1/auth/me')).status).toBe(401);
      expect((await stranger.call('GET', '/v1/auth/me')).status).toBe(200);
    });

    it.each([
      ['30 days without a refresh', async (me: Device) => shift(me, 30 * 86_400 + 1)],
      [
        '90 days, however often they are refreshed',
        async (me: Device) => {
          for (const days of [29, 29, 29]) {
            await shift(me, days * 86_400);
            me.tokens = { ...me.tokens!, ...(await me.refresh()).body };
          }
          expect(decodeJwt(me.tokens!.accessToken).sid).toBeDefined();
          await shift(me, 3 * 86_400 + 1);
        },
      ],
    ])('end after %s', async (_, pass) => {
      const me = await loggedIn();
      await pass(me);
      expect(codeOf(await me.refresh())).toEqual([401, 'UNAUTHORIZED']);
      expect(codeOf(await me.call('GET', '/v1/auth/me'))).toEqual([401, 'UNAUTHORIZED']);
    });

    it('are told to last no longer than they do', async () => {
      const me = await loggedIn();
      expect((await me.refresh()).body.refreshExpiresIn).toBe(30 * 86_400);
      const other = await loggedIn();
      for (const days of [29, 29, 29]) {
        await shift(other, days * 86_400);
        other.tokens = { ...other.tokens!, ...(await other.refresh()).body };
      }
      const left = (other.tokens as unknown as { refreshExpiresIn: number }).refreshExpiresIn;
      expect(left).toBeLessThanOrEqual(3 * 86_400);
      expect(left).toBeGreaterThan(3 * 86_400 - 120);
    });

    it('go from the table some time after they ended', async () => {
      const me = await loggedIn();
      const { sid } = decodeJwt(me.tokens!.accessToken);
      await shift(me, 91 * 86_400);
      for (let login = 0; login < 3; login++) await loggedIn();
      const query = { name: '', text: 'SELECT 1 FROM sessions WHERE id = $1' };
      expect(await app.app.get(Database).query(query, [sid])).toEqual([]);
    });
  });

  async function shift(me: Device, secs: number): Promise<void> {
    const { sid } = decodeJwt(me.tokens!.accessToken);
    const text = `UPDATE sessions SET (created_at, refreshed_at, idle_at, expires_at) =
      (created_at - s, refreshed_at - s, idle_at - s, expires_at - s) FROM make_interval(secs => $2) AS s WHERE id = $1`;
    await app.app.get(Database).query({ name: '', text }, [sid, secs]);
  }
});

describe('where strangers have used up what a day may cost for them', () => {
  let [app, twilio]: [TestApp?, FakeTwilio?] = [];
  afterEach(async () => {
    await app?.close();
    await twilio?.close();
  });
  const env = (fake: FakeTwilio) => ({
    ...twilioEnv(fake),
    SMS_PROVIDERS: 'twilio',
    TRUSTED_PROXIES: '127.0.0.1',
    PRICES_FILE: 'test/support/flat-prices.json',
  });

  it('a start of login answers known and unknown numbers alike, though the server API knows the known', async () => {
    const [known, unknown] = ['+12125559001', '+12125559002'];
    twilio = await FakeTwilio.start();
    // A text reserves two tries, 0.08, and takes 0.04: after the login and two strangers there are 0.12 of 0.20, whose open part is 0.16.
    app = await startApp({ ...env(twilio), SMS_DAILY_COST_LIMIT: '0.20' });
    const codeSent = () => codeIn(twilio!.ledger.at(-1)?.body);
    const me = new Device(app);
    const { id } = (await me.start(known)).body as Started;
    expect((await me.verify(id, codeSent())).status).toBe(200);
    for (let stranger = 0; stranger < 10; stranger++) await new Device(app).start(`+1212555${9_100 + stranger}`);
    const texts = twilio.ledger.length;

    const [toKnown, toUnknown] = [await new Device(app).start(known), await new Device(app).start(unknown)];
    const { requestId: _known, instance: _one, ...saidOfKnown } = toKnown.body;
    const { requestId: _unknown, instance: _other, ...saidOfUnknown } = toUnknown.body;
    expect(toKnown).toMatchObject({ status: 429, body: { code: 'COST_LIMIT_REACHED' } });
    expect([toKnown.status, saidOfKnown]).toEqual([toUnknown.status, saidOfUnknown]);
    expect([...toKnown.headers.keys()]).toEqual([...toUnknown.headers.keys()]);
    expect(twilio.ledger).toHaveLength(texts);

    expect((await app.call('POST', API, { phone: unknown })).status).toBe(429);
    expect((await app.call('POST', API, { phone: known })).status).toBe(201);
  });
});
