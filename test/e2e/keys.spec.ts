import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Database } from '../../src/prisma/index.js';
import { startApp, type Answer, type TestApp } from '../setup/app.js';
import { signIn, type Operator } from '../setup/operator.js';

jest.setTimeout(60_000);

const PASSWORD = 'correct horse battery staple';
const KEYS = '/v1/admin/keys';
const START = '/v1/verifications';

describe('API keys', () => {
  let app: TestApp;
  let operator: Operator;
  let database: Database;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ ADMIN_PASSWORD: PASSWORD });
    database = app.app.get(Database);
    operator = await signIn(app, PASSWORD);
  });
  afterAll(() => app.close());

  const newName = () => `shop-${++count}`;
  const newPhone = () => `+1212555${1_000 + ++count}`;
  const create = (more: object = {}): Promise<Answer> =>
    operator.call('POST', KEYS, { name: newName(), scopes: ['verify'], ...more });
  const by = (key: string, method: string, path: string, body?: unknown, headers = {}) =>
    app.call(method, path, body, { authorization: `Bearer ${key}`, ...headers });
  const start = (key: string, headers = {}) => by(key, 'POST', START, { phone: newPhone() }, headers);
  const sql = <Row extends object>(text: string, values: readonly unknown[] = []) =>
    database.query<Row>({ name: '', text }, values);

  /** As another instance makes one. */
  async function makeElsewhere(scopes = ['verify']): Promise<{ id: string; key: string }> {
    const [id, name, key] = [randomUUID(), newName(), `sk_${randomBytes(32).toString('base64url')}`];
    const hash = createHash('sha256').update(key).digest();
    await sql(
      `INSERT INTO api_keys (id, name, active_name, hash, hint, scopes, created_at, created_by)
       VALUES ($1, $2, $2, $3, 'hint', $4::text[], now(), 'elsewhere')`,
      [id, name, hash, scopes],
    );
    return { id, key };
  }

  async function becomes(status: number, ask: () => Promise<Answer>): Promise<void> {
    let last = 0;
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(200)) {
      last = (await ask()).status;
      if (last === status) return;
    }
    throw new Error(`It is still ${last}, not ${status}.`);
  }

  it('work at once, and for their scopes only', async () => {
    const { status, body } = await create();
    expect(status).toBe(201);
    expect(body).toMatchObject({ key: expect.stringMatching(/^sk_[\w-]{43}$/), hint: body.key.slice(-4) });
    expect((await start(body.key)).status).toBe(201);
    expect(await by(body.key, 'GET', `/v1/messages/${randomUUID()}`)).toMatchObject({
      status: 403,
      body: { code: 'UNAUTHORIZED', detail: expect.stringContaining('"message"') },
    });
    expect((await by(body.key, 'GET', KEYS)).status).toBe(403);
    expect((await by(body.key, 'POST', KEYS, { name: newName(), scopes: ['admin'] })).status).toBe(403);
  });

  it('of the scope admin do what operators do, and nothing else', async () => {
    const { key } = (await create({ scopes: ['admin'] })).body;
    const made = await by(key, 'POST', KEYS, { name: newName(), scopes: ['verify'] });
    expect(made.status).toBe(201);
    expect((await by(key, 'DELETE', `${KEYS}/${made.body.id}`)).status).toBe(204);
    expect((await start(key)).status).toBe(403);
  });

  it('of the environment do nothing that operators do', async () => {
    for (const [method, path] of [
      ['GET', KEYS],
      ['POST', KEYS],
      ['DELETE', `${KEYS}/${randomUUID()}`],
      ['GET', '/v1/admin/audit'],
    ] as const) {
      expect([path, (await app.call(method, path, method === 'POST' ? {} : undefined)).status]).toEqual([path, 403]);
    }
  });

  it('are shown once, and kept as a hash', async () => {
    const idempotent = { 'idempotency-key': randomUUID() };
    const asked = { name: newName(), scopes: ['verify'] };
    const made = await operator.call('POST', KEYS, asked, idempotent);
    expect(made.status).toBe(201);
    const again = await operator.call('POST', KEYS, asked, idempotent);
    expect([again.status, again.body.code]).toEqual([409, 'KEY_NAME_TAKEN']);
    await start(made.body.key);
    await start(`${made.body.key}x`);
    const listed = await operator.call('GET', KEYS);
    expect(listed.body.keys).toContainEqual(expect.objectContaining({ id: made.body.id, hint: made.body.hint }));
    const rows = await sql('SELECT row_to_json(k)::text AS row FROM api_keys k');
    const answers = await sql('SELECT row_to_json(k)::text AS row FROM idempotency_keys k');
    const everything = [JSON.stringify(listed.body), JSON.stringify(rows), JSON.stringify(answers), app.log()].join();
    expect(everything).not.toContain(made.body.key);
    expect(everything).not.toContain(Buffer.from(made.body.key).toString('hex'));
    const hash = createHash('sha256').update(made.body.key).digest('hex');
    expect(JSON.stringify(rows)).toContain(hash);
    expect(JSON.stringify(listed.body) + app.log()).not.toContain(hash);
  });

  it('are out at once where they are revoked, and again is as good as once', async () => {
    const { id, key } = (await create()).body;
    expect((await start(key)).status).toBe(201);
    const revoked = await Promise.all([1, 2, 3].map(() => operator.call('DELETE', `${KEYS}/${id}`)));
    expect(revoked.map(({ status }) => status)).toEqual([204, 204, 204]);
    for (let ask = 0; ask < 3; ask++) expect((await start(key)).status).toBe(401);
    const acts = (await operator.call('GET', '/v1/admin/audit')).body.acts as { act: string; subject: string }[];
    expect(acts.filter(({ act, subject }) => act === 'key.revoke' && subject === id)).toHaveLength(1);
  });

  it.each([randomUUID(), 'nothing', "1' OR '1'='1"])('that are not there cannot be revoked: %s', async (id) => {
    const answer = await operator.call('DELETE', `${KEYS}/${encodeURIComponent(id)}`);
    expect([answer.status, answer.body.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('made by another instance work at once', async () => {
    for (let made = 0; made < 4; made++) {
      const { key } = await makeElsewhere();
      expect((await start(key)).status).toBe(201);
    }
  });

  it('revoked by another instance are out soon', async () => {
    const { id, key } = await makeElsewhere();
    expect((await start(key)).status).toBe(201);
    await sql('UPDATE api_keys SET revoked_at = now(), active_name = NULL WHERE id = $1', [id]);
    await becomes(401, () => start(key));
  });

  it('end when they expire', async () => {
    const expiresAt = new Date(Date.now() + 3_000).toISOString();
    const { key } = (await create({ expiresAt })).body;
    expect((await start(key)).status).toBe(201);
    await becomes(401, () => start(key));
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(expiresAt));
  });

  it('have a name each, also when twenty ask for it at once', async () => {
    const name = newName();
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ name })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(19).fill(409)]);
    const [{ acts } = { acts: 0 }] = await sql<{ acts: number }>(
      `SELECT count(*)::int AS acts FROM admin_audit WHERE act = 'key.create' AND subject IN (SELECT id::text FROM api_keys WHERE name = $1)`,
      [name],
    );
    expect(acts).toBe(1);
    const taken = await create({ name: 'tests' }); // by a key of API_KEYS
    expect([taken.status, taken.body.code]).toEqual([409, 'KEY_NAME_TAKEN']);
  });

  it('may have the name of one that was revoked', async () => {
    const name = newName();
    const { id } = (await create({ name })).body;
    await operator.call('DELETE', `${KEYS}/${id}`);
    expect((await create({ name })).status).toBe(201);
  });

  it('are callers of their own to whoever repeats a request', async () => {
    const [one, other] = [(await create()).body.key, (await create()).body.key] as [string, string];
    const repeat = { 'idempotency-key': randomUUID() };
    const phone = newPhone();
    const send = async (key: string) => (await by(key, 'POST', START, { phone }, repeat)).body.id;
    const first = await send(one);
    expect(await send(one)).toBe(first);
    expect(await send(other)).not.toBe(first);
  });

  it.each([
    ['no name', { name: undefined }],
    ['a name with capitals', { name: 'Shop' }],
    ['a name with a colon', { name: 'session:admin' }],
    ['a long name', { name: 'x'.repeat(41) }],
    ['no scope', { scopes: [] }],
    ['an unknown scope', { scopes: ['verify', 'root'] }],
    ['one scope twice', { scopes: ['verify', 'verify'] }],
    ['a text as scopes', { scopes: 'verify' }],
    ['a day as expiry', { expiresAt: '2030-01-01' }],
    ['a number as expiry', { expiresAt: 4_102_444_800_000 }],
    ['no time as expiry', { expiresAt: '2030-13-41T99:00:00Z' }],
    ['null as expiry', { expiresAt: null }],
    ['an expiry that is over', { expiresAt: '2020-01-01T00:00:00Z' }],
    ['a hash of its own', { hash: 'ab' }],
  ])('are not made of %s', async (_, more) => {
    const answer = await create(more);
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST']);
  });

  it('cost a request no statement, and are written down as used about once', async () => {
    const { id, key } = (await create()).body;
    const spy = jest.spyOn(database, 'query');
    const begun = Date.now();
    for (let ask = 0; ask < 100; ask++) expect((await by(key, 'GET', `${START}/nothing`)).status).toBe(404);
    const used = async () => {
      const { keys } = (await operator.call('GET', KEYS)).body as { keys: { id: string; lastUsedAt?: string }[] };
      return keys.find((one) => one.id === id)?.lastUsedAt;
    };
    for (const end = Date.now() + 20_000; Date.now() < end && !(await used()); ) await sleep(200);
    const names = spy.mock.calls.map(([{ name }]) => name);
    spy.mockRestore();
    const rounds = Math.ceil((Date.now() - begun) / 5_000) + 1;
    expect(names.filter((name) => name === 'active_api_keys').length).toBeLessThanOrEqual(rounds);
    expect(names.filter((name) => name === 'touch_api_keys').length).toBeLessThanOrEqual(2);
    expect(Date.parse((await used()) ?? '')).toBeGreaterThanOrEqual(begun - 1_000);
  });

  it('are audited: who, what, where from, and no whole address', async () => {
    const { id } = (await create()).body;
    const [act] = (await operator.call('GET', '/v1/admin/audit')).body.acts as object[];
    expect(act).toEqual({
      id: expect.stringMatching(/^\d+$/),
      at: expect.any(String),
      who: 'session:admin',
      act: 'key.create',
      subject: id,
      network: '127.0.0.0/24',
    });
    await expect(sql(`UPDATE admin_audit SET who = 'nobody'`)).rejects.toThrow('only added to');
  });

  it('answer 401 however much is asked with unknown ones, and good ones go on', async () => {
    const { key } = (await create()).body;
    const bad = () => start(`sk_${randomBytes(32).toString('base64url')}`);
    const answers = await Promise.all([
      ...Array.from({ length: 60 }, bad),
      ...Array.from({ length: 5 }, () => start(key)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<number>(60).fill(401),
      ...Array<number>(5).fill(201),
    ]);
  });
});
