import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

import { KeyRing, lookupKeysOf, PhoneNumber, type Source } from '../../src/kernel/index.js';
import { EmbeddedDatabase, PostgresDatabase, type Database } from '../../src/prisma/index.js';
import { becomeAdmin } from '../setup/admin.js';
import { startApp, type TestApp } from '../setup/app.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { dumpOf, tracesOf } from '../setup/dump.js';
import { dataFolder, tempFolder } from '../setup/process.js';
import { onRedis, openTestRedis } from '../setup/redis.js';

const PHONE = '+14155552671';
const OTHER = '+14155552672';
const OLD = 'the former test secret of more than 32 bytes';
const NEW = 'the present test secret of more than 32 bytes';
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
    expect((await send(app, routes[3]!)).body.erased).toMatchObject({ verifications: 2 });
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
    if (erases) expect(answer.body.erased).toEqual({ verifications: 2, messages: 0, answers: 0, limits: 2 });
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
      stdout: expect.stringContaining('verifications: 2 row(s)'),
    });
    expect(JSON.parse((await cli(env, ['erase', PHONE, '--with-opt-out', '--json'])).stdout)).toEqual({
      erased: { verifications: 0, messages: 0, answers: 0, limits: 0 },
    });
    await at.with(async (database) => {
      expect(tracesOf(await dumpOf(database), PHONE, keysUnder(OLD))).toEqual([]);
      expect(await ask(database, 'SELECT id FROM verifications')).toHaveLength(1);
    });
    expect(await cli(env, ['erase', 'nobody'])).toMatchObject({ code: 64, stderr: expect.stringContaining('E.164') });
  });

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
