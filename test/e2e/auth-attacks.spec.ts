import { createHmac, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto';

import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT, type JWTPayload } from 'jose';

import { KeyRing } from '../../src/kernel/index.js';
import { Database, DatabaseUnavailable } from '../../src/prisma/index.js';
import { signingKeyFrom } from '../../src/verification/index.js';
import { startApp, type Answer, type TestApp } from '../setup/app.js';
import { age, openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { Device, wrongFor, type Started } from '../setup/people.js';

const ISSUER = 'https://verify.example.test';
const APP_SECRET = 'a test secret of more than 32 bytes';
const ENV = {
  PUBLIC_BASE_URL: ISSUER,
  APP_SECRET,
  TRUSTED_PROXIES: '127.0.0.1',
  SMS_RATE_LIMIT_PER_HOUR: '50',
  SMS_RATE_LIMIT_PER_DAY: '100',
};
const REFUSED = [401, 'UNAUTHORIZED'];

const codeOf = ({ status, body }: Answer) => [status, body.code];
const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));
const statuses = (answers: readonly Answer[]) =>
  answers.reduce<Record<number, number>>((seen, { status }) => ({ ...seen, [status]: (seen[status] ?? 0) + 1 }), {});

/** On PostgreSQL every other request goes to another instance. */
describe('login under attack', () => {
  let apps: readonly TestApp[];
  let database: TestDatabase | undefined;
  let phones = 0;
  beforeAll(async () => {
    database = serverUrl ? await openTestDatabase() : undefined;
    apps = database ? [await startApp(ENV, database), await startApp(ENV, database)] : [await startApp(ENV)];
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await database?.drop();
  });

  const app = (index = 0) => apps[index % apps.length]!;
  const db = () => app().app.get(Database);
  const rows = <T extends object>(text: string, ...values: unknown[]) => db().query<T>({ name: '', text }, values);
  const count = async (table: string, where: string, ...values: unknown[]) =>
    (await rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE ${where}`, ...values))[0]?.n;
  const newPhone = () => `+1212555${3_000 + phones++}`;
  const device = () => new Device(app());
  const loggedIn = (phone = newPhone()) => device().login(phone);
  const twin = (me: Device, index: number) => Object.assign(new Device(app(index), me.address), { tokens: me.tokens });
  const me = (who: Device, token?: string) => who.call('GET', '/v1/auth/me', undefined, token);
  const stepUp = async (who: Device, action = 'payout'): Promise<Started> =>
    (await who.call('POST', '/v1/auth/step-up/start', { action })).body;
  const stepUpProof = async (who: Device): Promise<string> => {
    const { id, testCode } = await stepUp(who);
    return (await who.call('POST', '/v1/auth/step-up/verify', { id, code: testCode })).body.proof;
  };

  describe('one code', () => {
    it('opens one session for 15 callers at once', async () => {
      const one = device();
      const { id, testCode } = (await one.start(newPhone())).body as Started;
      const answers = await times(15, (index) => twin(one, index).verify(id, testCode));
      expect(answers.filter(({ body }) => body.accessToken)).toHaveLength(1);
      const { user } = answers.find(({ status }) => status === 200)?.body;
      expect(await count('sessions', 'user_id = $1', user.id)).toBe(1);
      expect(answers.every(({ status }) => [200, 404, 429].includes(status))).toBe(true);
    });

    it('is compared with five guesses, however many come at once', async () => {
      const one = device();
      const { id, testCode } = (await one.start(newPhone())).body as Started;
      const answers = await times(15, (index) => twin(one, index).verify(id, wrongFor(testCode)));
      expect(statuses(answers)).toEqual({ 401: 5, 429: 10 });
      expect((await new Device(app()).verify(id, testCode)).status).toBe(429);
    });

    it('makes one user of one number, for 8 first logins at once', async () => {
      const phone = newPhone();
      const all = await times(8, async (index) => {
        const each = new Device(app(index));
        return { each, ...((await each.start(phone)).body as Started) };
      });
      const answers = await Promise.all(all.map(({ each, id, testCode }) => each.verify(id, testCode)));
      expect(statuses(answers)).toEqual({ 200: 8 });
      expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
      expect(answers.filter(({ body }) => body.user.isNew)).toHaveLength(1);
    });
  });

  describe('a refresh token', () => {
    it('gives new ones to one of 20 at once, and its session is revoked', async () => {
      const one = await loggedIn();
      const answers = await times(20, (index) => twin(one, index).refresh());
      expect(statuses(answers)).toEqual({ 200: 1, 401: 19 });
      const { accessToken, refreshToken } = answers.find(({ status }) => status === 200)!.body;
      expect(codeOf(await me(one, accessToken))).toEqual(REFUSED);
      expect(codeOf(await one.refresh(refreshToken))).toEqual(REFUSED);
      const { sid } = decodeJwt(accessToken);
      expect(await rows('SELECT revoked_because FROM sessions WHERE id = $1', sid)).toEqual([
        { revoked_because: 'refresh-token-reuse' },
      ]);
      const events = apps.flatMap((each) => each.log().split('\n')).filter((line) => line.includes(`used twice`));
      expect(events.filter((line) => line.includes(String(sid)))).toHaveLength(1);
    });

    it('ends the session when it is used again, even much later, and no other session', async () => {
      const phone = newPhone();
      const [one, other] = [await loggedIn(phone), await loggedIn(phone)];
      const stolen = one.tokens!.refreshToken;
      for (let turn = 0; turn < 3; turn++) one.tokens = { ...one.tokens!, ...(await one.refresh()).body };
      expect((await me(one)).status).toBe(200);
      expect(codeOf(await one.refresh(stolen))).toEqual(REFUSED);
      expect(codeOf(await me(one))).toEqual(REFUSED);
      expect(codeOf(await one.refresh())).toEqual(REFUSED);
      expect((await me(other)).status).toBe(200);
    });

    it('is of no use once the session has ended, and its use changes nothing then', async () => {
      const one = await loggedIn();
      await one.call('POST', '/v1/auth/logout');
      expect(codeOf(await one.refresh())).toEqual(REFUSED);
      const { sid } = decodeJwt(one.tokens!.accessToken);
      expect(await rows('SELECT revoked_because FROM sessions WHERE id = $1', sid)).toEqual([
        { revoked_because: 'logout' },
      ]);
    });

    it.each(['', 'zebra', 'A'.repeat(43), 'A'.repeat(129), randomUUID()])('is not "%s"', async (token) => {
      expect([400, 401]).toContain((await device().refresh(token)).status);
    });

    it('is stored as a hash, like nothing else that lets somebody in', async () => {
      const one = await loggedIn();
      const { refreshToken, accessToken } = one.tokens!;
      const tables = await rows<{ text: string }>(
        `SELECT (SELECT json_agg(s)::text FROM sessions s) || (SELECT json_agg(t)::text FROM refresh_tokens t) || (SELECT json_agg(u)::text FROM users u) AS text`,
      );
      const log = apps.map((each) => each.log()).join('');
      for (const text of [tables[0]!.text, log]) {
        for (const secret of [refreshToken, accessToken, Buffer.from(refreshToken).toString('hex')])
          expect(text).not.toContain(secret);
        expect(text).not.toMatch(/12125553\d{3}/);
      }
    });
  });

  describe('an access token', () => {
    let one: Device;
    let claims: JWTPayload;
    let kid: string;
    const [key] = new KeyRing(APP_SECRET).signingSeeds('login').map(signingKeyFrom);
    const [proofKey] = new KeyRing(APP_SECRET).signingSeeds('proof').map(signingKeyFrom);
    beforeAll(async () => {
      one = await loggedIn();
      claims = decodeJwt(one.tokens!.accessToken);
      kid = decodeProtectedHeader(one.tokens!.accessToken).kid!;
    });

    const signed = (more: JWTPayload = {}, header: object = {}, by: Parameters<SignJWT['sign']>[0] = key!.privateKey) =>
      new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header }).sign(by);

    it('is what these tests can make, too, so that they refuse what they mean to', async () => {
      expect((await me(one, await signed())).status).toBe(200);
    });

    const another = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const publicPem = createPublicKey(key!.privateKey).export({ type: 'spki', format: 'pem' }).toString();
    const handmade = (header: object, sign: (input: string) => string) => {
      const [head, body] = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
      return `${head}.${body}.${sign(`${head}.${body}`)}`;
    };

    it.each<[string, () => string | Promise<string>]>([
      ['unsigned (alg none)', () => new UnsecuredJWT(claims).encode()],
      ['of alg none with our kid', () => handmade({ alg: 'none', typ: 'at+jwt', kid }, () => '')],
      [
        'signed by HS256 with the public key',
        () =>
          handmade({ alg: 'HS256', typ: 'at+jwt', kid }, (input) =>
            createHmac('sha256', publicPem).update(input).digest('base64url'),
          ),
      ],
      [
        'signed by HS256 with the JWK of the public key',
        () =>
          handmade({ alg: 'HS256', typ: 'at+jwt', kid }, (input) =>
            createHmac('sha256', JSON.stringify(key!.publicJwk)).update(input).digest('base64url'),
          ),
      ],
      ['of a kid that nobody knows', () => signed({}, { kid: 'zebra' })],
      ['of another key with our kid', () => signed({}, {}, another())],
      ['that brings its own key', () => signed({}, { kid: undefined, jwk: { ...key!.publicJwk } }, another())],
      ['signed with the key of proofs', () => signed({}, { kid: proofKey!.publicJwk.kid }, proofKey!.privateKey)],
      ['of another issuer', () => signed({ iss: 'https://verify.example.org' })],
      ['for another audience', () => signed({ aud: 'https://api.example.org' })],
      ['without an end', () => signed({ exp: undefined })],
      ['that has expired', () => signed({ exp: Math.floor(Date.now() / 1_000) - 1 })],
      ['of another user', () => signed({ sub: randomUUID() })],
      ['of another session', () => signed({ sid: randomUUID() })],
      ['of a session that is no UUID', () => signed({ sid: "' OR true --" })],
      ['of type JWT', () => signed({}, { typ: 'JWT' })],
      ['without a type', () => signed({}, { typ: undefined })],
      ['of a step-up', () => signed({}, { typ: 'step-up+jwt' })],
      ['cut short', async () => (await signed()).slice(0, -4)],
    ])('is refused when it is one %s', async (_, make) => {
      const token = await make();
      expect(codeOf(await me(one, token))).toEqual(REFUSED);
    });

    it('is no API key, and an API key is no access token', async () => {
      const { accessToken, refreshToken } = one.tokens!;
      expect(codeOf(await one.call('POST', '/v1/verifications', { phone: newPhone() }, accessToken))).toEqual(REFUSED);
      expect(codeOf(await one.call('POST', '/v1/auth/step-up/redeem', { proof: accessToken }, accessToken))).toEqual(
        REFUSED,
      );
      for (const token of [app().key, refreshToken]) expect(codeOf(await me(one, token))).toEqual(REFUSED);
    });

    it('is no step-up proof, and neither is any other token', async () => {
      const { id, testCode } = (await app().call('POST', '/v1/verifications', { phone: newPhone() })).body as Started;
      const { proof } = (await app().call('POST', `/v1/verifications/${id}/check`, { code: testCode })).body;
      const stepUpToken = await stepUpProof(one);
      for (const token of [proof, stepUpToken]) expect(codeOf(await me(one, token))).toEqual(REFUSED);
      for (const token of [proof, one.tokens!.accessToken]) {
        const answer = await app().call('POST', '/v1/auth/step-up/redeem', { proof: token });
        expect(codeOf(answer)).toEqual([410, 'PROOF_SPENT']);
      }
      expect((await app().call('POST', '/v1/auth/step-up/redeem', { proof: stepUpToken })).status).toBe(200);
    });
  });

  describe('a step-up', () => {
    it('is proven only in the session that started it, and others cost it no guess', async () => {
      const phone = newPhone();
      const [one, sameUser, stranger] = [await loggedIn(phone), await loggedIn(phone), await loggedIn()];
      const { id, testCode } = await stepUp(one);
      for (const other of [sameUser, stranger]) {
        const answer = await other.call('POST', '/v1/auth/step-up/verify', { id, code: testCode });
        expect(codeOf(answer)).toEqual([404, 'VERIFICATION_NOT_FOUND']);
      }
      expect(codeOf(await one.verify(id, testCode))).toEqual([404, 'VERIFICATION_NOT_FOUND']);
      const wrong = await one.call('POST', '/v1/auth/step-up/verify', { id, code: wrongFor(testCode) });
      expect([...codeOf(wrong), wrong.body.checksLeft]).toEqual([401, 'CODE_INCORRECT', 4]);
      expect((await one.call('POST', '/v1/auth/step-up/verify', { id, code: testCode })).status).toBe(200);
    });

    it('is not proven by the code of a login, nor a login by its code', async () => {
      const phone = newPhone();
      const one = await loggedIn(phone);
      const login = (await one.start(phone)).body as Started;
      const answer = await one.call('POST', '/v1/auth/step-up/verify', { id: login.id, code: login.testCode });
      expect(codeOf(answer)).toEqual([404, 'VERIFICATION_NOT_FOUND']);
      const step = await stepUp(one);
      if (step.testCode !== login.testCode) {
        const crossed = await one.call('POST', '/v1/auth/step-up/verify', { id: step.id, code: login.testCode });
        expect(codeOf(crossed)).toEqual([401, 'CODE_INCORRECT']);
      }
    });

    it('gives one proof to 10 callers at once, which is redeemed by one of 10', async () => {
      const one = await loggedIn();
      const { id, testCode } = await stepUp(one);
      const answers = await times(10, (index) =>
        twin(one, index).call('POST', '/v1/auth/step-up/verify', { id, code: testCode }),
      );
      const proofs = answers.flatMap(({ body }) => body.proof ?? []);
      expect(proofs).toHaveLength(1);
      const redeemed = await times(10, (index) =>
        app(index).call('POST', '/v1/auth/step-up/redeem', { proof: proofs[0] }),
      );
      expect(statuses(redeemed)).toEqual({ 200: 1, 410: 9 });
    });

    it('is over with its session, and after five minutes', async () => {
      const [one, two] = [await loggedIn(), await loggedIn()];
      const [early, late] = [await stepUpProof(one), await stepUpProof(two)];
      await one.call('POST', '/v1/auth/logout');
      await rows(`UPDATE step_ups SET expires_at = expires_at - interval '301 s' WHERE id = $1`, decodeJwt(late).jti);
      for (const proof of [early, late]) {
        expect(codeOf(await app().call('POST', '/v1/auth/step-up/redeem', { proof }))).toEqual([410, 'PROOF_SPENT']);
      }
    });
  });

  describe('a phone change', () => {
    interface Change {
      readonly id: string;
      readonly current: Started;
      readonly new: Started;
    }
    const begin = async (who: Device, phone: string): Promise<Change> =>
      (await who.call('POST', '/v1/auth/phone-change/start', { phone })).body as Change;
    const finish = (
      who: Device,
      { id, current, new: other }: Change,
      [currentCode, newCode] = [current.testCode, other.testCode],
    ) => who.call('POST', '/v1/auth/phone-change/verify', { id, currentCode, newCode });

    it('answers the same at the start whether somebody has the new number, and refuses it after both codes', async () => {
      const [one, holder] = [await loggedIn(), newPhone()];
      const owner = await loggedIn(holder);
      const [taken, free] = [await begin(one, holder), await begin(one, newPhone())];
      expect(Object.keys(taken.new)).toEqual(Object.keys(free.new));
      const wrong = await finish(one, taken, [taken.current.testCode, wrongFor(taken.new.testCode)]);
      expect(codeOf(wrong)).toEqual([401, 'CODE_INCORRECT']);
      expect(codeOf(await finish(one, taken))).toEqual([409, 'PHONE_TAKEN']);
      expect((await me(owner)).body.id).toBe(owner.tokens?.user.id);
      expect((await finish(one, free)).status).toBe(200);
    });

    it.each<[string, readonly boolean[][]]>([
      ['the present one', [[false, true]]],
      ['the new one', [[true, false]]],
      ['both', [[false, false]]],
      [
        'now this, now that',
        [
          [true, false],
          [false, false],
          [true, false],
        ],
      ],
    ])('does not tell that %s is wrong, and happens when both are right', async (_, tries) => {
      const one = await loggedIn();
      const change = await begin(one, newPhone());
      let left = 5;
      for (const [current, other] of tries) {
        const codes = [
          current ? change.current.testCode : wrongFor(change.current.testCode),
          other ? change.new.testCode : wrongFor(change.new.testCode),
        ] as [string, string];
        const { status, body } = await finish(one, change, codes);
        expect([status, body.code, body.checksLeft]).toEqual([401, 'CODE_INCORRECT', --left]);
      }
      expect((await finish(one, change)).status).toBe(200);
      expect(codeOf(await finish(one, change))).toEqual([404, 'VERIFICATION_NOT_FOUND']);
    });

    it('takes five tries, also for one who holds the new number', async () => {
      const one = await loggedIn();
      const change = await begin(one, newPhone());
      const codes: [string, string] = [wrongFor(change.current.testCode), change.new.testCode];
      for (let left = 4; left >= 0; left--) expect((await finish(one, change, codes)).body.checksLeft).toBe(left);
      expect(codeOf(await finish(one, change))).toEqual([429, 'TOO_MANY_CHECKS']);
      expect((await me(one)).body.phone).toMatch(/^\+\*{6}3\d{3}$/);
    });

    it('is not possible with the two codes swapped', async () => {
      const one = await loggedIn();
      const change = await begin(one, newPhone());
      if (change.current.testCode === change.new.testCode) return;
      expect(codeOf(await finish(one, change, [change.new.testCode, change.current.testCode]))).toEqual([
        401,
        'CODE_INCORRECT',
      ]);
    });

    it('is of its session alone', async () => {
      const phone = newPhone();
      const [one, sameUser, stranger] = [await loggedIn(phone), await loggedIn(phone), await loggedIn()];
      const change = await begin(one, newPhone());
      for (const other of [sameUser, stranger])
        expect(codeOf(await finish(other, change))).toEqual([404, 'VERIFICATION_NOT_FOUND']);
      await one.call('POST', '/v1/auth/logout');
      expect(codeOf(await finish(one, change))).toEqual(REFUSED);
    });

    it('of two users to one number succeeds for one of them', async () => {
      for (let round = 0; round < 5; round++) {
        const wanted = newPhone();
        const both = await times(2, () => loggedIn());
        const changes = await times(2, (index) => begin(both[index]!, wanted));
        const answers = await times(2, (index) => finish(twin(both[index]!, index), changes[index]!));
        expect(statuses(answers)).toEqual({ 200: 1, 409: 1 });
        const winner = both[answers.findIndex(({ status }) => status === 200)]!;
        expect((await loggedIn(wanted)).tokens?.user).toMatchObject({ id: winner.tokens?.user.id, isNew: false });
      }
    });

    it('to a number that logs in for the first time at that moment leaves the number with one user', async () => {
      for (let round = 0; round < 5; round++) {
        const wanted = newPhone();
        const [one, first] = [await loggedIn(), device()];
        const change = await begin(one, wanted);
        const { id, testCode } = (await first.start(wanted)).body as Started;
        const [changed, login] = await Promise.all([
          finish(one, change),
          new Device(app(1), first.address).verify(id, testCode),
        ]);
        expect(login.status).toBe(200);
        expect([200, 409]).toContain(changed.status);
        expect(login.body.user.id === one.tokens?.user.id).toBe(changed.status === 200);
      }
    });

    it('leaves no session open that logs in with the former number at that moment', async () => {
      for (let round = 0; round < 5; round++) {
        const former = newPhone();
        const [one, late] = [await loggedIn(former), device()];
        const change = await begin(one, newPhone());
        const { id, testCode } = (await late.start(former)).body as Started;
        const [changed, login] = await Promise.all([
          finish(one, change),
          new Device(app(1), late.address).verify(id, testCode),
        ]);
        expect([changed.status, login.status]).toEqual([200, 200]);
        const seen = await me(late, login.body.accessToken);
        // Either somebody new has the number now, or the session was ended with the others.
        if (login.body.user.id === one.tokens?.user.id) expect(codeOf(seen)).toEqual(REFUSED);
        else expect(login.body.user.isNew).toBe(true);
      }
    });
  });

  describe('without its database', () => {
    const losing = async (name: string, work: () => Promise<Answer>): Promise<Answer> => {
      const spies = apps.map((each) => {
        const database = each.app.get(Database);
        const query = database.query.bind(database);
        return jest
          .spyOn(database, 'query')
          .mockImplementation((statement, values) =>
            statement.name === name
              ? Promise.reject(new DatabaseUnavailable(new Error('lost')))
              : query(statement, values),
          );
      });
      return work().finally(() => spies.forEach((spy) => spy.mockRestore()));
    };
    const DOWN = [503, 'DATABASE_UNAVAILABLE'];

    it('issues nothing, and a person starts again', async () => {
      const phone = newPhone();
      const one = device();
      expect(codeOf(await losing('take_hit', () => one.start(phone)))).toEqual(DOWN);
      const { id, testCode } = (await one.start(phone)).body as Started;
      expect(codeOf(await losing('approve', () => one.verify(id, testCode)))).toEqual(DOWN);
      const lost = await losing('sign_in', () => one.verify(id, testCode));
      expect(codeOf(lost)).toEqual(DOWN);
      expect(lost.body.accessToken).toBeUndefined();
      expect(codeOf(await one.verify(id, testCode))).toEqual([404, 'VERIFICATION_NOT_FOUND']);
      await one.login(phone);
      expect(codeOf(await losing('bearer', () => me(one)))).toEqual(DOWN);
      expect(codeOf(await losing('refresh_session', () => one.refresh()))).toEqual(DOWN);
      expect((await one.refresh()).status).toBe(200);
    });
  });

  it('reads an Idempotency-Key where somebody logs in as if there were none', async () => {
    const headers = { 'idempotency-key': 'same', authorization: '', 'x-forwarded-for': '10.200.0.1' };
    const phone = newPhone();
    const ids = await times(
      2,
      async () => (await app().call('POST', '/v1/auth/phone/start', { phone }, headers)).body.id,
    );
    expect(new Set(ids).size).toBe(2);
  });
});

describe('one address', () => {
  let app: TestApp;
  let phones = 0;
  afterEach(() => app.close());
  const newPhone = () => `+1646555${1_000 + phones++}`;
  const open = async (env: Record<string, string> = {}) => {
    app = await startApp({ SMS_RATE_LIMIT_PER_HOUR: '50', SMS_RATE_LIMIT_PER_DAY: '100', ...env });
  };
  const from = (address: string) => new Device(app, address);
  const limitsOf = (answers: readonly Answer[]) => [...new Set(answers.flatMap(({ body }) => body.limit ?? []))];
  const started = (answers: readonly Answer[]) => answers.filter(({ status }) => status === 201).length;

  it('starts 10 of 40 at once, whatever X-Forwarded-For says, and 10 more an hour later', async () => {
    await open();
    const two = [newPhone(), newPhone()];
    for (const expected of [10, 10]) {
      const answers = await times(40, (index) => from(`203.0.113.${index}`).start(two[index % 2]!));
      expect(started(answers)).toBe(expected);
      expect(limitsOf(answers)).toEqual(['address-starts']);
      expect((await from('203.0.113.1').start(two[0]!)).headers.get('retry-after')).toMatch(/^3[56]\d\d$/);
      await age(app.app.get(Database), 3_601);
    }
  });

  it('sends to 5 phones, at once or one after the other, and to those again', async () => {
    await open({ TRUSTED_PROXIES: '127.0.0.1' });
    const one = from('203.0.113.1');
    const answers = await times(9, () => one.start(newPhone()));
    expect([started(answers), limitsOf(answers)]).toEqual([5, ['address-phones']]);
    const two = from('203.0.113.2');
    const mine = Array.from({ length: 5 }, newPhone);
    for (const phone of mine) expect((await two.start(phone)).status).toBe(201);
    expect((await two.start(newPhone())).body.limit).toBe('address-phones');
    for (const phone of mine) expect((await two.start(phone)).status).toBe(201);
    expect((await two.start(mine[0]!)).body.limit).toBe('address-starts');
  });

  it('never sends to a sixth phone in any hour, in whatever rhythm', async () => {
    await open({ TRUSTED_PROXIES: '127.0.0.1' });
    const one = from('203.0.113.1');
    const sent: { at: number; phone: string }[] = [];
    const regular = newPhone();
    for (let at = 0; at < 3 * 3_600; at += 360) {
      for (const phone of [regular, newPhone()]) if ((await one.start(phone)).status === 201) sent.push({ at, phone });
      await age(app.app.get(Database), 360);
    }
    for (const { at } of sent) {
      const hour = sent.filter((other) => other.at >= at && other.at < at + 3_600);
      expect(new Set(hour.map(({ phone }) => phone)).size).toBeLessThanOrEqual(5);
    }
    expect(sent.length).toBeGreaterThan(10);
  });

  it.each([
    ['a /24', (host: number) => `198.51.100.${host}`, '198.51.101.1'],
    ['a /48', (host: number) => `2001:db8:5:${host.toString(16)}::1`, '2001:db8:6::1'],
  ])('in %s starts 40 with its neighbours', async (_, address, elsewhere) => {
    await open({ TRUSTED_PROXIES: '127.0.0.1' });
    const answers = await times(48, (index) => from(address(1 + (index % 12))).start(newPhone()));
    expect([started(answers), limitsOf(answers)]).toEqual([40, ['network-starts']]);
    expect((await from(elsewhere).start(newPhone())).status).toBe(201);
  });

  it('has one budget with all addresses of its /64', async () => {
    await open({ TRUSTED_PROXIES: '127.0.0.1' });
    const phone = newPhone();
    const answers = await times(12, (index) => from(`2001:db8:7:1::${index + 1}`).start(phone));
    expect([started(answers), limitsOf(answers)]).toEqual([10, ['address-starts']]);
  });

  it('has 20 codes compared of 40 that come at once', async () => {
    await open({ TRUSTED_PROXIES: '127.0.0.1' });
    const asked = await times(
      8,
      async (index) => (await from(`192.0.2.${index + 1}`).start(newPhone())).body as Started,
    );
    const answers = await times(40, (index) => {
      const { id, testCode } = asked[index % 8]!;
      return from('203.0.113.9').verify(id, wrongFor(testCode));
    });
    expect(statuses(answers)).toEqual({ 401: 20, 429: 20 });
    expect(limitsOf(answers)).toEqual(['address-guesses']);
  });
});
