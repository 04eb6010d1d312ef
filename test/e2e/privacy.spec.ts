import { spawn, spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { KeyRing, lookupKeysOf, PhoneNumber, type Source } from '../../src/kernel/index.js';
import { Database, EmbeddedDatabase, PostgresDatabase } from '../../src/prisma/index.js';
import { becomeAdmin } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { dumpOf, tracesOf } from '../setup/dump.js';
import { dataFolder, tempFolder } from '../setup/process.js';
import { Device } from '../setup/people.js';
import { onRedis, openTestRedis } from '../setup/redis.js';
import { WebhookReceiver } from '../setup/webhook-receiver.js';

const PHONE = '+14155552671';
const OTHER = '+14155552672';
const OLD = 'the former test secret of more than 32 bytes';
const NEW = 'the present test secret of more than 32 bytes';
const ROOMS = [
  'verifications',
  'messages',
  'batches',
  'answers',
  'users',
  'webhooks',
  'decisions',
  'audit',
  'spend',
  'analytics',
  'sender_blocks',
  'lookups',
  'provider_changes',
  'limits',
];
const NOTHING = Object.fromEntries(ROOMS.map((room) => [room, 0]));
const keysUnder = (...secrets: readonly string[]) =>
  secrets.flatMap((secret) => lookupKeysOf(new KeyRing(secret), PhoneNumber.parse(PHONE)));

/** Where programs and commands meet: a database that each opens for itself. */
interface Place {
  readonly env: Source;
  readonly given: TestDatabase | undefined;
  with<T>(work: (database: Database) => Promise<T>): Promise<T>;
}
const opened: TestDatabase[] = [];
async function place(): Promise<Place> {
  const given = serverUrl ? await openTestDatabase() : undefined;
  if (given) opened.push(given);
  const dataDir = given ? tempFolder() : await dataFolder();
  const env = { NODE_ENV: 'test', DATA_DIR: dataDir, ...(given?.url && { DATABASE_URL: given.url }) };
  return {
    env,
    given,
    with: async (work) => {
      const database = given?.url ? await PostgresDatabase.connect(given.url) : await EmbeddedDatabase.open(dataDir);
      return work(database).finally(() => database.close());
    },
  };
}
const ask = <Row extends object>(database: Database, text: string) => database.query<Row>({ name: '', text }, []);

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
/** One command of the built program; killed as soon as `killAt` is on stderr. */
function cli(env: Source, args: readonly string[], killAt?: RegExp): Promise<Ran> {
  const main = resolve(__dirname, '../../dist/cli/main.js');
  const child = spawn(process.execPath, [main, ...args], {
    cwd: tempFolder(),
    env: { PATH: process.env.PATH, ...env },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
    if (killAt?.test(stderr)) child.kill('SIGKILL');
  });
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}

let app: TestApp | undefined;
afterEach(async () => {
  await app?.close();
  for (const each of opened.splice(0)) await each.drop();
});
const SIMULATED = { SMS_SIMULATION_MODE: 'true', APP_SECRET: OLD };

describe('routes about one number', () => {
  type Route = readonly [method: string, path: string];
  const routes: readonly Route[] = [
    ['GET', `/v1/phones/${encodeURIComponent(PHONE)}`],
    ['DELETE', `/v1/phones/${PHONE}`],
    ['POST', '/v1/phones/export'],
    ['POST', '/v1/phones/erase'],
  ];
  const send = (it: TestApp, [method, path]: Route, headers = {}) =>
    it.call(method, path, method === 'POST' ? { phone: PHONE } : undefined, headers);

  it('are for keys with the scope admin alone', async () => {
    app = await startApp(SIMULATED);
    await app.call('POST', '/v1/verifications', { phone: PHONE });
    for (const route of routes) {
      expect(await send(app, route)).toMatchObject({ status: 403, body: { code: 'UNAUTHORIZED' } });
      expect(await send(app, route, { authorization: 'Bearer nobody' })).toMatchObject({ status: 401 });
    }
    await becomeAdmin(app);
    expect((await send(app, routes[3]!)).body.erased).toMatchObject({ verifications: 3 });
  });

  it.each(routes)('show or erase it: %s %s', async (...route) => {
    const at = await place();
    app = await startApp({ ...SIMULATED, ...at.env }, at.given);
    await becomeAdmin(app);
    const idempotent = { 'idempotency-key': 'one' };
    const { body } = await app.call('POST', '/v1/verifications', { phone: PHONE }, idempotent);
    await app.call('POST', `/v1/verifications/${body.id}/check`, { code: body.testCode }, { 'idempotency-key': 'two' });
    const answer = await send(app, route, { 'idempotency-key': 'three' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const erases = route[0] === 'DELETE' || route[1].endsWith('erase');
    if (erases) expect(answer.body.erased).toEqual({ ...NOTHING, verifications: 3, limits: 2 });
    else expect(answer.body).toMatchObject({ phone: '+******2671', data: { verifications: [{ id: body.id }] } });
    expect(JSON.stringify(answer.body)).not.toContain(PHONE.slice(1));
    const again = await send(app, route, { 'idempotency-key': 'three' });
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    const log = app.log();
    await app.close();
    const keys = keysUnder(OLD);
    await at.with(async (database) => {
      const left = tracesOf(await dumpOf(database), PHONE, keys);
      if (erases) expect(left).toEqual([]);
      else expect(left.length).toBeGreaterThan(3);
      expect(await ask(database, 'SELECT key FROM idempotency_keys')).toHaveLength(erases ? 0 : 2);
    });
    // Log lines may show the mask, as everywhere.
    for (const secret of [PHONE.slice(1), ...keys.map((key) => key.toString('hex'))]) expect(log).not.toContain(secret);
  });

  it('refuse what is no number, without repeating it', async () => {
    app = await startApp(SIMULATED);
    await becomeAdmin(app);
    for (const bad of ['12', '+1415555333x', '%2B14155553333%20ext%205', '..%2Fverifications']) {
      const answers = [await app.call('GET', `/v1/phones/${bad}`), await app.call('DELETE', `/v1/phones/${bad}`)];
      for (const { status, body } of answers) {
        expect(status).toBe(400);
        expect(JSON.stringify(body)).not.toContain('5553333');
      }
    }
    const erase = '/v1/phones/erase';
    for (const body of [{}, { phone: 1 }, { phone: PHONE, optOut: 'yes' }, { phone: PHONE, more: 1 }]) {
      expect(await app.call('POST', erase, body)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
    }
    expect(await app.call('DELETE', `/v1/phones/${PHONE}?optOut=yes`)).toMatchObject({ status: 400 });
    expect(await app.call('DELETE', `/v1/phones/${PHONE}?optOut=true`)).toMatchObject({ status: 200 });
    for (const digits of ['5552671', '5553333']) expect(app.log()).not.toContain(digits);
  });
});

/** Where every room has something about the number: people log in by it, and an operator's server is told of it. */
const LIVED = { ...SIMULATED, TRUSTED_PROXIES: '127.0.0.1', WEBHOOK_PRIVATE_NETWORKS: '127.0.0.0/8' };
const told = async (receiver: WebhookReceiver, type: string) => {
  for (let waits = 0; waits < 400 && !receiver.types().includes(type); waits++) await wait(50);
  expect(receiver.types()).toContain(type);
};

describe('a number that every room knows', () => {
  let receiver: WebhookReceiver;
  beforeEach(async () => void (receiver = await WebhookReceiver.start()));
  afterEach(() => receiver.close());

  it('is gone from all of them once it is erased, with all ids that stood for it', async () => {
    const at = await place();
    app = await startApp({ ...LIVED, ...at.env }, at.given);
    await becomeAdmin(app);
    await app.call('POST', '/v1/webhook-endpoints', { url: receiver.url });
    const person = await new Device(app).login(PHONE);
    const stepUp = await person.call('POST', '/v1/auth/step-up/start', { action: 'pay', context: 'order-1' });
    expect(stepUp.status).toBe(201);
    const other = await new Device(app).login(OTHER);
    const change = await other.call('POST', '/v1/auth/phone-change/start', { phone: PHONE });
    expect(change.status).toBe(201);
    await told(receiver, 'verification.approved');
    expect(receiver.ledger.some(({ body }) => body.includes('******2671'))).toBe(true);
    const { body: shown } = await app.call('POST', '/v1/phones/export', { phone: PHONE });
    const { users, webhooks, decisions, verifications } = shown.data;
    expect(users).toMatchObject([
      { id: person.tokens!.user.id, sessions: [{ revokedAt: null, stepUps: [{ action: 'pay' }] }] },
    ]);
    expect(webhooks.length).toBeGreaterThan(0);
    expect(decisions).toHaveLength(3);
    for (const secret of [person.tokens!.refreshToken, PHONE.slice(1), keysUnder(OLD)[0]!.toString('hex')])
      expect(JSON.stringify(shown)).not.toContain(secret);
    const ids = JSON.stringify({ users, verifications }).match(/[0-9a-f]{8}-[0-9a-f-]{27}/g)!;
    const refused = await app.call('POST', '/v1/phones/erase', { phone: PHONE }, { authorization: 'Bearer nobody' });
    expect(refused.status).toBe(401);
    const erased = (await app.call('POST', '/v1/phones/erase', { phone: PHONE })).body.erased;
    expect(erased).toMatchObject({ users: 4, limits: 2 });
    expect((await person.call('GET', '/v1/auth/me')).status).toBe(401);
    expect((await person.refresh()).status).toBe(401);
    expect((await other.call('GET', '/v1/auth/me')).body.id).toBe(other.tokens!.user.id);
    const { acts } = (await app.call('GET', '/v1/admin/audit')).body;
    const about = { who: 'operator', at: expect.any(String), id: expect.any(String), network: expect.any(String) };
    expect(acts.slice(0, 2)).toEqual(['phone.erase', 'phone.export'].map((act) => ({ ...about, act })));
    await app.close();
    await at.with(async (database) => {
      const left = await dumpOf(database);
      expect(tracesOf(left, PHONE, keysUnder(OLD))).toEqual([]);
      expect(left.filter((line) => ids.some((id) => line.includes(id)))).toEqual([]);
      const tables = new Set(left.map((line) => line.split(' ')[0]));
      for (const table of [
        'users',
        'sessions',
        'refresh_tokens',
        'address_phones',
        'webhook_events',
        'webhook_deliveries',
        'send_decisions',
        'admin_audit',
      ])
        expect(tables).toContain(table); // the other number's
    });
  });

  it('does not come back by a login that was under way', async () => {
    app = await startApp(LIVED);
    await becomeAdmin(app);
    const person = new Device(app);
    const { id, testCode } = (await person.start(PHONE)).body;
    const database = app.app.get(Database);
    const query = database.query.bind(database);
    const spy = jest.spyOn(database, 'query').mockImplementation(async (statement, values) => {
      if (statement.name === 'sign_in') await app!.call('POST', '/v1/phones/erase', { phone: PHONE });
      return query(statement, values);
    });
    const late = await person.verify(id, testCode);
    spy.mockRestore();
    expect([late.status, late.body.code]).toEqual([404, 'VERIFICATION_NOT_FOUND']);
    expect(tracesOf(await dumpOf(database), PHONE, keysUnder(OLD))).toEqual([]);
  });

  it('has the same user, and the same webhook secret, when the former secret was dropped', async () => {
    const at = await place();
    const former = { ...at.env, ...LIVED };
    app = await startApp(former, at.given);
    await becomeAdmin(app);
    const { body: endpoint } = await app.call('POST', '/v1/webhook-endpoints', { url: receiver.url });
    receiver.secrets.push(endpoint.secret);
    const person = await new Device(app).login(PHONE);
    await told(receiver, 'verification.approved');
    await app.close();
    const ran = await cli({ ...former, APP_SECRET: NEW, APP_SECRET_PREVIOUS: OLD }, ['secret', 'reencrypt', '--json']);
    // A verification, a user, an endpoint.
    expect(JSON.parse(ran.stdout)).toMatchObject({ done: 3, left: 0, unreadable: 0, canDropPrevious: true });
    receiver.ledger.length = 0;
    app = await startApp({ ...former, APP_SECRET: NEW }, at.given);
    const before = Object.assign(new Device(app), { tokens: person.tokens });
    const renewed = await before.refresh();
    expect(renewed.status).toBe(200);
    const me = (await before.call('GET', '/v1/auth/me', undefined, renewed.body.accessToken)).body;
    expect(me).toMatchObject({ id: person.tokens!.user.id, phone: '+******2671' });
    expect((await new Device(app).login(PHONE)).tokens!.user).toEqual({ ...person.tokens!.user, isNew: false });
    await told(receiver, 'verification.approved');
    expect(receiver.ledger.map(({ verifiedBy }) => verifiedBy)).toEqual(receiver.ledger.map(() => [endpoint.secret]));
  }, 120_000);
});

describe('commands', () => {
  it('show and erase a number', async () => {
    const at = await place();
    const env = { ...at.env, ...SIMULATED };
    app = await startApp(env, at.given);
    await app.call('POST', '/v1/verifications', { phone: PHONE }, { 'idempotency-key': 'one' });
    await app.call('POST', '/v1/verifications', { phone: OTHER });
    await app.close();
    const shown = await cli(env, ['export', PHONE]);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      phone: '+******2671',
      data: { verifications: [{ status: 'pending' }] },
    });
    expect(await cli(env, ['erase', '4155552671'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('verifications: 3 row(s)'),
    });
    expect(JSON.parse((await cli(env, ['erase', PHONE, '--with-opt-out', '--json'])).stdout)).toEqual({
      erased: NOTHING,
    });
    await at.with(async (database) => {
      expect(tracesOf(await dumpOf(database), PHONE, keysUnder(OLD))).toEqual([]);
      expect(await ask(database, 'SELECT id FROM verifications')).toHaveLength(1);
    });
    expect(await cli(env, ['erase', 'nobody'])).toMatchObject({ code: 64, stderr: expect.stringContaining('E.164') });
  });

  it('show a bar to whoever looks, and lines to nobody else', async () => {
    const at = await place();
    const former = { ...at.env, ...SIMULATED };
    app = await startApp(former, at.given);
    await app.call('POST', '/v1/verifications', { phone: PHONE });
    await app.close();
    await at.with((database) =>
      ask(
        database,
        `INSERT INTO verifications SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid(), 'status', 'canceled'))).*
          FROM verifications AS v, generate_series(1, 1200)`,
      ),
    );
    const command = `${process.execPath} ${resolve(__dirname, '../../dist/cli/main.js')} secret reencrypt`;
    const { stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: tempFolder(),
      env: { PATH: process.env.PATH, ...former, APP_SECRET: NEW, APP_SECRET_PREVIOUS: OLD },
      encoding: 'utf8',
    });
    const shown = [...stdout.matchAll(/brought under APP_SECRET \[#*-*\] +\d+ % {2}(\d+) of (\d+)/g)];
    const counts = shown.map(([, done, all]) => [Number(done), Number(all)] as const);
    expect(counts.length).toBeGreaterThan(1);
    expect(new Set(counts.map(([, all]) => all)).size).toBe(1);
    expect(counts.map(([done]) => done)).toEqual(counts.map(([done]) => done).sort((a, b) => a - b));
    expect(counts.at(-1)![0]).toBeGreaterThanOrEqual(1_200);
    expect(stdout).toMatch(/ \d+\/s/);
    expect(stdout).not.toContain('row(s) brought');
    expect(stdout).toContain('row(s) are now under APP_SECRET.');
  }, 120_000);

  it('bring rows under another secret, go on where they were killed, and say when the former one can go', async () => {
    const at = await place();
    const former = { ...at.env, ...SIMULATED };
    const rotated = { ...former, APP_SECRET: NEW, APP_SECRET_PREVIOUS: OLD };
    app = await startApp(former, at.given);
    const { body } = await app.call('POST', '/v1/verifications', { phone: PHONE });
    await app.close();
    await at.with((database) =>
      ask(
        database,
        `INSERT INTO verifications SELECT (jsonb_populate_record(v, jsonb_build_object('id', gen_random_uuid(), 'status', 'canceled'))).*
          FROM verifications AS v, generate_series(1, 3000)`,
      ),
    );
    expect(await cli(former, ['secret', 'reencrypt'])).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('APP_SECRET_PREVIOUS'),
    });
    const killed = await cli(rotated, ['secret', 'reencrypt'], /row\(s\) brought/);
    expect(killed.code).toBeNull();

    const first = await cli(rotated, ['secret', 'reencrypt', '--json']);
    const told = JSON.parse(first.stdout);
    expect(told).toMatchObject({ left: 1, until: expect.any(String), canDropPrevious: false });
    expect(told.done).toBeLessThan(3_000); // some were done before it was killed
    expect(first.stderr).toContain('row(s) brought under APP_SECRET');
    expect(await cli(rotated, ['secret', 'reencrypt'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('still needed for 1 row(s): run this again after'),
    });

    await at.with((database) =>
      ask(database, `UPDATE verifications SET expires_at = now() + interval '4 seconds' WHERE id = '${body.id}'`),
    );
    const waited = await cli(rotated, ['secret', 'reencrypt', '--wait']);
    expect(waited).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('APP_SECRET_PREVIOUS can be dropped now.'),
    });
    await at.with(async (database) => {
      const left = tracesOf(await dumpOf(database), OTHER, keysUnder(OLD));
      expect(left.filter((line) => !line.startsWith('phone_aliases '))).toEqual([]);
    });
    app = await startApp({ ...former, APP_SECRET: NEW }, at.given);
    expect((await app.call('GET', `/v1/verifications/${body.id}`)).body).toMatchObject({
      status: 'expired',
      sendsLeft: 4,
      phone: '+******2671',
    });
  }, 180_000);

  it('make a secret as before', async () => {
    expect(await cli({}, ['secret'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[\w-]{43}\n$/) });
  });
});

onRedis('commands with Redis', () => {
  it('erase a number there, too', async () => {
    const redis = await openTestRedis();
    try {
      const at = await place();
      const env = { ...at.env, ...SIMULATED, REDIS_URL: redis.url };
      app = await startApp(env, at.given);
      await app.call('POST', '/v1/verifications', { phone: PHONE });
      await app.close();
      const ofPhone = async () =>
        (await redis.keys()).filter((key) => key.includes(keysUnder(OLD)[0]!.toString('hex')));
      expect(await ofPhone()).toHaveLength(1);
      expect(await cli(env, ['erase', PHONE])).toMatchObject({ code: 0 });
      expect(await ofPhone()).toEqual([]);
    } finally {
      await redis.drop();
    }
  });
});
