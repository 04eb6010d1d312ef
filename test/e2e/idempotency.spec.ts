import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { decodeJwt } from 'jose';

import type { Source } from '../../src/kernel/index.js';
import { Database, DatabaseUnavailable, type Statement } from '../../src/prisma/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { asked } from '../setup/background.js';
import { age, openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { codeIn, credentials } from '../setup/instances.js';
import { dataFolder, cleanUp } from '../setup/process.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(30_000);

const START = '/v1/verifications';
const PHONE = '+14155552671';
const OTHER_KEY = 'other-key-0123456789abcdef';
const API_KEYS = `tests:test-key-0123456789abcdef,others:${OTHER_KEY}`;
const A_DAY_SECS = 86_401;
/** More than SMS_SEND_BUDGET_MS and the margin of a lease. */
const A_LEASE_SECS = 15;

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test asserts what is in it
  readonly body: any;
}

let twilio: FakeTwilio;
let sns: FakeSns;
/** Serves every test that needs no program of its own. */
let shared: TestApp;
let app: TestApp;
/** A program of the test's own, which `start` and `post` ask from then on. */
const run = async (env: Source = {}, on?: TestDatabase) =>
  (app = await startApp({ API_KEYS, ...credentials(twilio, sns), ...env }, on));

beforeAll(async () => {
  [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start()]);
  shared = await run();
});
beforeEach(async () => {
  app = shared;
  for (const provider of [twilio, sns]) {
    provider.heal();
    provider.ledger.length = 0;
  }
  await rows('TRUNCATE verifications, messages, attempts, limit_windows, idempotency_keys');
});
afterEach(async () => {
  jest.restoreAllMocks();
  if (app !== shared) await app.close();
  await cleanUp();
});
afterAll(async () => {
  await shared.close();
  await Promise.all([twilio.close(), sns.close()]);
});

const sent = () => [...twilio.ledger, ...sns.ledger];
const post = async (path: string, body: unknown, key: string | undefined, on = app, more: object = {}) => {
  const response = await fetch(on.url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: {
      authorization: `Bearer ${on.key}`,
      'content-type': 'application/json',
      ...(key !== undefined && { 'idempotency-key': key }),
      ...more,
    },
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) } as Reply;
};
const start = (key?: string, body: unknown = { phone: PHONE }, on = app) => post(START, body, key, on);
const isReplay = ({ headers }: Reply) => headers.get('idempotency-replayed') === 'true';
const database = () => app.app.get(Database);
const rows = (text: string) => database().query<Record<string, unknown>>({ name: '', text }, []);

function expectSame(replay: Reply, first: Reply): void {
  expect([replay.status, replay.text]).toEqual([first.status, first.text]);
  for (const name of ['content-type', 'ratelimit', 'ratelimit-policy', 'cache-control']) {
    expect([name, replay.headers.get(name)]).toEqual([name, first.headers.get(name)]);
  }
  expect([isReplay(first), isReplay(replay)]).toEqual([false, true]);
}

/** Lets one statement fail as if the connection broke: before it was executed, or before its answer came back. */
function lose(name: string, when: 'before' | 'after'): void {
  const real = database();
  const query = real.query.bind(real);
  jest.spyOn(real, 'query').mockImplementation(async (statement: Statement, values: readonly unknown[]) => {
    if (statement.name !== name) return query(statement, values);
    if (when === 'after') await query(statement, values);
    throw new DatabaseUnavailable(new Error('lost on purpose'));
  });
}

describe('a POST with an Idempotency-Key', () => {
  it('sends one text to 30 callers at once', async () => {
    twilio.behave({ kind: 'latency', ms: 200 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => start('k')));
    expect(sent()).toHaveLength(1);
    const first = answers.filter((answer) => answer.status === 201 && !isReplay(answer));
    expect(first).toHaveLength(1);
    for (const answer of answers.filter((other) => other !== first[0])) {
      if (answer.status === 201) expectSame(answer, first[0]!);
      else {
        expect([answer.status, answer.body.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT']);
        expect(answer.headers.get('retry-after')).toBe('1');
      }
    }
    expectSame(await start('k'), first[0]!);
    expect(sent()).toHaveLength(1);
  });

  it('is answered the same, byte for byte, whatever became of the verification since', async () => {
    const started = await start('k');
    const check = { code: codeIn(sent()[0]?.body) };
    const approved = await post(`${START}/${started.body.id}/check`, check, 'k');
    expect([started.status, approved.status, approved.body.valid]).toEqual([201, 200, true]);
    for (let times = 0; times < 3; times++) {
      expectSame(await start('k'), started);
      expectSame(await post(`${START}/${started.body.id}/check`, check, 'k'), approved);
    }
    expect(sent()).toHaveLength(1);
  });

  it('counts one guess, and sends one resend', async () => {
    const { id } = (await start()).body;
    const code = codeIn(sent()[0]?.body);
    const wrong = { code: String((Number(code) + 1) % 1_000_000).padStart(6, '0') };
    for (let times = 0; times < 6; times++) {
      expect((await post(`${START}/${id}/check`, wrong, 'guess')).body.checksLeft).toBe(4);
    }
    await age(database(), 31);
    for (let times = 0; times < 3; times++) expect((await post(`${START}/${id}/resend`, {}, 'again')).status).toBe(201);
    expect(sent().map(({ body }) => codeIn(body))).toEqual([code, code]);
  });

  it('takes the same members in another order for the same request, and anything else for another', async () => {
    const first = await start('k', { phone: PHONE, purpose: 'checkout' });
    expectSame(await start('k', `{ "purpose": "checkout",  "phone": "${PHONE}" }`), first);
    for (const body of [{ phone: PHONE }, { phone: '+14155552672', purpose: 'checkout' }, {}, 'null']) {
      const answer = await start('k', body);
      expect([answer.status, answer.body.code]).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
    }
    const other = await post(`${START}/${first.body.id}/resend`, {}, 'r');
    expect(other.status).toBe(429);
    expect(sent()).toHaveLength(1);
  });

  it('is another request for another caller, on another route, or with another key', async () => {
    const { id } = (await start('k')).body;
    const others = await post(START, { phone: PHONE }, 'k', app, { authorization: `Bearer ${OTHER_KEY}` });
    const guess = await post(`${START}/${id}/check`, { code: codeIn(sent()[0]?.body) }, 'k');
    expect([others.status, guess.status, (await start('K')).status]).toEqual([201, 200, 201]);
    expect([others, guess].map(isReplay)).toEqual([false, false]);
    expect(sent()).toHaveLength(3);
  });

  it('is one for each verification on a route', async () => {
    const ids = [(await start()).body.id, (await start()).body.id];
    expect((await post(`${START}/${ids[0]}/check`, { code: '000000' }, 'k')).status).toBe(200);
    expect((await post(`${START}/${ids[1]}/check`, { code: '000000' }, 'k')).status).toBe(422);
  });

  it('is new after 24 hours, and what is older goes', async () => {
    const first = await start('k');
    for (const key of ['a', 'b', 'c']) await start(key, { phone: '+14155552672' });
    await age(database(), A_DAY_SECS - 10);
    expectSame(await start('k'), first);
    await age(database(), 10);
    const anew = await start('k');
    expect([anew.status, isReplay(anew), anew.body.id === first.body.id]).toEqual([201, false, false]);
    expect(sent()).toHaveLength(5);
    await start('d');
    expect(await rows('SELECT 1 FROM idempotency_keys')).toHaveLength(2);
  });

  it.each([
    ['that is empty', ''],
    ['of 256 characters', 'x'.repeat(256)],
    ['that is not ASCII', 'clé'],
  ])('is refused with a key %s', async (_, key) => {
    const answer = await start(key);
    expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST']);
    expect(sent()).toHaveLength(0);
  });

  it('takes any other key', async () => {
    for (const key of ['x', `"${'~'.repeat(253)}"`, "a b'); DROP TABLE idempotency_keys; --"]) {
      expect((await start(key)).status).toBe(201);
      expect((await start(key)).status).toBe(201);
    }
    expect(sent()).toHaveLength(3);
  });

  it('may be mended and asked again with the same key when nothing was done', async () => {
    await run({ SMS_RATE_LIMIT_PER_HOUR: '1' });
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    for (const body of [{}, { phone: 'nobody' }, deep]) expect((await start('k', body)).status).toBe(400);
    expect((await start('k')).status).toBe(201);
    expect((await start('limited')).status).toBe(429);
    await age(database(), 3_601);
    expect((await start('limited')).status).toBe(201);
    expect(sent()).toHaveLength(2);
  });

  it('may be asked again with the same key when no provider took the text', async () => {
    await run();
    for (const provider of [twilio, sns]) provider.behave({ kind: 'status', status: 401 });
    expect((await start('k')).body.code).toBe('DELIVERY_UNAVAILABLE');
    for (const provider of [twilio, sns]) provider.heal();
    const answer = await start('k');
    expect([answer.status, isReplay(answer)]).toEqual([201, false]);
  });

  it('is refused again when the handler refused it', async () => {
    const to = { phone: PHONE };
    twilio.behave({ kind: 'reject', code: '21614' });
    const refused = await start('k', to);
    expect(refused.status).toBe(403);
    twilio.heal();
    expectSame(await start('k', to), refused);
    const gone = await post(`${START}/00000000-0000-4000-8000-000000000000/check`, { code: '123456' }, 'k');
    expect(gone.status).toBe(404);
    expectSame(await post(`${START}/00000000-0000-4000-8000-000000000000/check`, { code: '123456' }, 'k'), gone);
    expect(sent()).toHaveLength(0);
  });

  it('sends nothing when the database does not know whether it is a repeat', async () => {
    lose('claim_idempotency_key', 'after');
    expect((await start('k')).body.code).toBe('DATABASE_UNAVAILABLE');
    jest.restoreAllMocks();
    expect(sent()).toHaveLength(0);
    expect((await start('k')).status).toBe(409);
    await age(database(), A_LEASE_SECS);
    expect((await start('k')).status).toBe(201);
    expect(sent()).toHaveLength(1);
  });

  it('is two statements more, and a replay is one; without a key there are none', async () => {
    const seen = jest.spyOn(database(), 'query');
    const spent = async (key?: string) => {
      seen.mockClear();
      await start(key);
      return asked(seen.mock.calls.map(([{ name }]) => name));
    };
    const two = ['start_verification', 'record_dispatch'];
    expect(await spent()).toEqual(two);
    expect(await spent('k')).toEqual(['claim_idempotency_key', ...two, 'keep_answer']);
    expect(await spent('k')).toEqual(['claim_idempotency_key']);
  });

  it('answers whoever asks again after hanging up', async () => {
    twilio.behave({ kind: 'latency', ms: 500 });
    const headers = { authorization: `Bearer ${app.key}`, 'content-type': 'application/json', 'idempotency-key': 'k' };
    const body = JSON.stringify({ phone: PHONE });
    const gone = fetch(app.url + START, { method: 'POST', headers, body, signal: AbortSignal.timeout(200) });
    await expect(gone).rejects.toThrow();
    let answer = await start('k');
    for (let tries = 0; answer.status === 409 && tries < 50; tries++, answer = await start('k')) await sleep(50);
    expect([answer.status, isReplay(answer)]).toEqual([201, true]);
    expect(sent()).toHaveLength(1);
  });

  it('is known under the secret before', async () => {
    const own = serverUrl ? await openTestDatabase() : undefined;
    const DATA_DIR = own ? undefined : await dataFolder();
    const APP_SECRET = 'the first secret of at least 32 bytes';
    await run({ APP_SECRET, DATA_DIR }, own);
    const first = await start('k');
    await app.close();
    await run({ APP_SECRET: 'the second secret, at least 32 bytes', APP_SECRET_PREVIOUS: APP_SECRET, DATA_DIR }, own);
    expectSame(await start('k'), first);
    expect((await start('k', { phone: '+14155552672' })).status).toBe(422);
    expect(sent()).toHaveLength(1);
    await app.close();
    await own?.drop();
  });

  it('leaves neither key, phone, code nor proof in the database', async () => {
    await run({ SMS_SIMULATION_MODE: 'true' });
    const { body } = await start('the-key-0147');
    const { proof } = (await post(`${START}/${body.id}/check`, { code: body.testCode }, 'the-key-0147')).body;
    const kept = await rows('SELECT key, request, answer_sealed FROM idempotency_keys');
    expect(kept).toHaveLength(2);
    const dump = kept.flatMap((row) => Object.values(row).map((value) => Buffer.from(value as Uint8Array)));
    expect(dump.map(({ length }) => length > 200)).toContain(true);
    for (const secret of ['the-key-0147', PHONE.slice(1), '******2671', String(body.testCode), String(proof)]) {
      expect(dump.some((bytes) => bytes.includes(secret))).toBe(false);
    }
  });
});

describe('a POST with an Idempotency-Key whose answer was lost', () => {
  it('starts one verification', async () => {
    lose('keep_answer', 'before');
    const first = await start('k');
    jest.restoreAllMocks();
    expect((await start('k')).status).toBe(409);
    await age(database(), A_LEASE_SECS);
    const again = await start('k');
    expect([again.status, isReplay(again)]).toEqual([201, false]);
    const aged = ['createdAt', 'expiresAt', 'nextSendAt'] as const;
    for (const name of aged) delete again.body[name];
    expect(first.body).toMatchObject(again.body);
    expect(Object.keys(first.body).sort()).toEqual([...Object.keys(again.body), ...aged].sort());
    expect(sent()).toHaveLength(1);
    const check = await post(`${START}/${again.body.id}/check`, { code: codeIn(sent()[0]?.body) }, undefined);
    expect(check.body.valid).toBe(true);
    expect((await start('k')).text).toContain(first.body.id);
  });

  it('sends one resend', async () => {
    const { id } = (await start()).body;
    await age(database(), 31);
    lose('keep_answer', 'before');
    await post(`${START}/${id}/resend`, {}, 'k');
    jest.restoreAllMocks();
    await age(database(), 61); // past the cool-down: only the run stands between the repeat and a third text
    const answer = await post(`${START}/${id}/resend`, {}, 'k');
    expect([answer.status, answer.body.id, answer.body.delivery]).toEqual([201, id, 'accepted']);
    expect(sent()).toHaveLength(2);
  });

  it('goes on with what it wrote down when the database was lost in between', async () => {
    lose('start_verification', 'after');
    expect((await start('k')).body.code).toBe('DATABASE_UNAVAILABLE');
    jest.restoreAllMocks();
    const answer = await start('k');
    expect([answer.status, answer.body.delivery]).toEqual([201, 'sending']);
    await age(database(), A_LEASE_SECS);
    for (let tries = 0; sent().length === 0 && tries < 100; tries++) await sleep(50);
    expect(sent()).toHaveLength(1);
    const check = await post(`${START}/${answer.body.id}/check`, { code: codeIn(sent()[0]?.body) }, undefined);
    expect(check.body.valid).toBe(true);
  });

  it.each<['before' | 'after', string]>([
    ['after', 'approve'],
    ['before', 'keep_answer'],
  ])('gives one proof (%s "%s")', async (when, statement) => {
    const { id } = (await start()).body;
    const code = { code: codeIn(sent()[0]?.body) };
    const path = `${START}/${id}/check`;
    lose(statement, when);
    const first = await post(path, code, 'k');
    jest.restoreAllMocks();
    await age(database(), A_LEASE_SECS);
    for (const key of ['other', undefined]) expect((await post(path, code, key)).status).toBe(404);
    const stranger = await post(path, code, 'k', app, { authorization: `Bearer ${OTHER_KEY}` });
    expect(stranger.status).toBe(404);
    const again = await post(path, code, 'k');
    expect([again.status, again.body.valid]).toEqual([200, true]);
    if (first.status === 200) expect(decodeJwt(again.body.proof)).toEqual(decodeJwt(first.body.proof));
    expectSame(await post(path, code, 'k'), again);
  });

  it('keeps the answer of whoever took over from a process that only slept', async () => {
    twilio.behave({ kind: 'latency', ms: 700 });
    const asleep = start('k');
    for (let tries = 0; twilio.ledger.length === 0 && tries < 100; tries++) await sleep(20);
    await rows(`UPDATE idempotency_keys SET lease_until = lease_until - interval '${A_LEASE_SECS} seconds'`);
    const tookOver = await start('k');
    expect([tookOver.status, tookOver.body.delivery]).toEqual([201, 'sending']);
    const woken = await asleep;
    expect([woken.status, woken.body.id]).toEqual([201, tookOver.body.id]);
    expectSame(await start('k'), tookOver);
    expect(sent()).toHaveLength(1);
  });

  it('does not approve a guess that was wrong', async () => {
    const { id } = (await start()).body;
    const right = codeIn(sent()[0]?.body);
    const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, '0');
    lose('keep_answer', 'before');
    await post(`${START}/${id}/check`, { code: wrong }, 'k');
    jest.restoreAllMocks();
    expect((await post(`${START}/${id}/check`, { code: right }, undefined)).body.valid).toBe(true);
    await age(database(), A_LEASE_SECS);
    const again = await post(`${START}/${id}/check`, { code: wrong }, 'k');
    expect([again.status, again.body.proof]).toEqual([404, undefined]);
  });
});

(serverUrl ? it : it.skip)('is one text for callers of two instances', async () => {
  const shared = await openTestDatabase();
  const env = { APP_SECRET: 'a test secret of more than 32 bytes' };
  const pair = [await run(env, shared), await run(env, shared)];
  const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => start('k', undefined, pair[index % 2])));
  expect(sent()).toHaveLength(1);
  expect(answers.filter((answer) => answer.status === 201 && !isReplay(answer))).toHaveLength(1);
  const replays = [await start('k', undefined, pair[0]), await start('k', undefined, pair[1])];
  expect(replays.map(isReplay)).toEqual([true, true]);
  expect(replays[0]?.text).toBe(replays[1]?.text);
  await pair[0]?.close();
  await pair[1]?.close();
  await shared.drop();
});

it('is documented at every POST that needs an API key', () => {
  interface Operation {
    readonly security?: readonly object[];
    readonly parameters?: readonly { readonly name: string; readonly in: string }[];
    readonly responses: object;
  }
  const { paths } = JSON.parse(readFileSync(join(__dirname, '../../openapi.json'), 'utf8')) as {
    paths: Record<string, { post?: Operation }>;
  };
  // What tells a secret is told once, and what is answered about a number is for nobody else.
  const toldOnce = ['/v1/admin/keys', '/v1/webhook-endpoints', '/v1/webhook-endpoints/{id}/rotate-secret'];
  // Nor what plays the network in simulation.
  const apart = /^\/v1\/(phones|inbox)\//;
  const kept = Object.entries(paths).filter(([path]) => !toldOnce.includes(path) && !apart.test(path));
  const posts = kept.flatMap(([path, { post }]) => (post ? [{ ...post, path }] : []));
  const repeatable = posts.filter(({ security = [{ apiKey: [] }] }) => security.some((way) => 'apiKey' in way));
  expect(repeatable.length).toBeGreaterThanOrEqual(3);
  for (const { path, parameters, responses } of repeatable) {
    expect(parameters).toContainEqual(expect.objectContaining({ name: 'Idempotency-Key', in: 'header' }));
    // A body that is read as it comes is not compared as a whole: its rows are, by their refs.
    const conflicts = path === '/v1/messages/batch' ? ['409'] : ['409', '422'];
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(conflicts));
  }
});
