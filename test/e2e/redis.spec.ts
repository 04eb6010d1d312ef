import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { startApp, type TestApp } from '../setup/app.js';
import { cli } from '../setup/cli.js';
import { codeIn } from '../setup/instances.js';
import { ask } from '../setup/redis.js';
import { onOwnRedis, startRedis, type OwnServer } from '../setup/servers.js';
import { cleanUp, dataFolder, PRODUCTION, start, tempFolder, twilioEnv } from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';
import { selfSigned } from '../support/tls.js';

const START = '/v1/verifications';
const PASSWORD = 'p4ss-of-the-redis';
const phone = (index: number) => `+1212555${1_000 + index}`;

onOwnRedis('the program with Redis', () => {
  let redis: OwnServer;
  let twilio: FakeTwilio;
  let app: TestApp;
  beforeEach(async () => void ([redis, twilio] = await Promise.all([startRedis(), FakeTwilio.start()])));
  afterEach(async () => {
    redis.resume();
    await cleanUp();
    await app?.close();
    await Promise.all([twilio.close(), redis.close()]);
  });

  const open = async (more: Readonly<Record<string, string>> = {}) => {
    app = await startApp({
      TWILIO_ACCOUNT_SID: twilio.accountSid,
      TWILIO_AUTH_TOKEN: 'test-token',
      TWILIO_FROM_NUMBER: '+15005550006',
      TWILIO_BASE_URL: twilio.url,
      REDIS_URL: redis.url,
      ...more,
    });
  };
  const send = (index = 0) => app.call('POST', START, { phone: phone(index) });
  const statusOf = async (path: string) => (await app.call('GET', path, undefined, { authorization: '' })).status;
  const ready = () => app.call('GET', '/health/ready', undefined, { authorization: '' });
  async function until(holds: () => Promise<boolean>, ms = 15_000): Promise<void> {
    for (const end = performance.now() + ms; !(await holds()); await sleep(100)) {
      if (performance.now() > end) throw new Error('it did not recover');
    }
  }

  it('keeps the limits of phones and of addresses there', async () => {
    await open();
    expect((await ready()).body.details).toMatchObject({ redis: { status: 'up' }, database: { status: 'up' } });
    const left = [];
    for (let text = 0; text < 5; text++) left.push((await send()).body.sendsLeft);
    expect(left).toEqual([4, 3, 2, 1, 0]);
    const refused = await send();
    expect(refused).toMatchObject({ status: 429, body: { code: 'RATE_LIMIT_EXCEEDED', limit: 'phone-hour' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect(twilio.ledger).toHaveLength(5);

    const keys = await Promise.all(Array.from({ length: 61 }, () => statusOf('/.well-known/jwks.json')));
    expect(keys.filter((status) => status === 429)).toHaveLength(1);
    expect(await ask(redis.url, 'DBSIZE')).toBe(3); // a phone, an address, and what readiness writes
  });

  it('keeps the limits of the rows of a batch there', async () => {
    await open({ SMS_PACE_PER_SENDER: '1000' });
    const rows = [...Array.from({ length: 8 }, () => phone(0)), ...Array.from({ length: 12 }, (_, n) => phone(1 + n))];
    const { body } = await app.call(
      'POST',
      '/v1/messages/batch',
      rows.map((to, n) => JSON.stringify({ ref: `r${n}`, to, body: 'Hello' })).join('\n'),
      { 'content-type': 'application/x-ndjson' },
    );
    const batch = async () => (await app.call('GET', `/v1/messages/batch/${body.id}`)).body;
    await until(async () => (await batch()).counts.accepted === 17);
    await until(async () => (await batch()).waiting === 3);
    expect(twilio.ledger.filter(({ to }) => to === phone(0))).toHaveLength(5);
    expect(twilio.ledger).toHaveLength(17);
    expect(await ask(redis.url, 'DBSIZE')).toBe(13); // a key a phone
    // Whoever was texted by rows gets no code either: it is one limit.
    expect(await send()).toMatchObject({ status: 429, body: { limit: 'phone-hour' } });

    // Without Redis no row goes out, and none is lost.
    redis.pause();
    const { body: later } = await app.call(
      'POST',
      '/v1/messages/batch',
      JSON.stringify({ ref: 'later', to: phone(50), body: 'Hello' }),
      { 'content-type': 'application/x-ndjson' },
    );
    await sleep(1_500);
    expect(twilio.ledger).toHaveLength(17);
    redis.resume();
    // What a round had taken then is another one's half a minute later.
    const isDone = async () => (await app.call('GET', `/v1/messages/batch/${later.id}`)).body.status === 'done';
    await until(isDone, 60_000);
    expect(twilio.ledger).toHaveLength(18);
  }, 120_000);

  it('says nothing of it to whoever runs a command that succeeds', async () => {
    const { code, stdout, stderr } = await cli(['limits', 'show', phone(0)], {
      ...PRODUCTION,
      DATA_DIR: await dataFolder(),
      REDIS_URL: redis.url,
    });
    expect([code, stderr, stdout]).toEqual([0, '', expect.stringMatching(/^phone-hour: [^]*wrong codes: 10 more/)]);
    expect(stdout).not.toContain('Redis');
  });

  it('is not ready while Redis only reads', async () => {
    await open();
    await ask(redis.url, 'REPLICAOF', '127.0.0.1', '1');
    await until(async () => (await ready()).status === 503);
    expect((await send()).body.code).toBe('REDIS_UNAVAILABLE');
    await ask(redis.url, 'REPLICAOF', 'NO', 'ONE');
    await until(async () => (await ready()).status === 200);
    expect((await send()).status).toBe(201);
    expect(twilio.ledger).toHaveLength(1);
  });

  it.each([
    ['stopped', (server: OwnServer) => server.stop(), (server: OwnServer) => server.start()],
    ['paused', async (server: OwnServer) => server.pause(), async (server: OwnServer) => server.resume()],
  ])(
    'sends nothing while it is %s, checks codes all the same, says so, and recovers by itself',
    async (_, lose, restore) => {
      await open();
      const { id } = (await send()).body;
      await lose(redis);
      for (const answer of [await send(1), await app.call('GET', `${START}/${id}`), await send(1)]) {
        expect([answer.status, answer.body.code]).toEqual([503, 'REDIS_UNAVAILABLE']);
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      }
      await until(async () => (await ready()).status === 503);
      expect((await ready()).body.error).toEqual({ redis: expect.objectContaining({ status: 'down' }) });
      expect(await statusOf('/health/live')).toBe(200);
      expect(await statusOf('/.well-known/jwks.json')).toBe(503);
      expect(twilio.ledger).toHaveLength(1);
      const code = codeIn(twilio.ledger[0]?.body);
      expect((await app.call('POST', `${START}/${id}/check`, { code })).body).toMatchObject({ valid: true });

      await restore(redis);
      await until(async () => (await send(2)).status === 201);
      await until(async () => (await ready()).status === 200);
      expect(app.log()).toMatch(/"level":"error".*Redis is away/);
      expect(app.log()).toContain('Redis answers');
      expect(app.log()).not.toContain('noeviction');
    },
  );

  it('starts without it, and is ready when it comes', async () => {
    await redis.stop();
    await open();
    expect([(await send()).body.code, (await ready()).status]).toEqual(['REDIS_UNAVAILABLE', 503]);
    await redis.start();
    await until(async () => (await ready()).status === 200);
    expect((await send()).status).toBe(201);
  });

  it('says that the password is wrong, but not which it was', async () => {
    await redis.stop();
    await redis.start('--requirepass', 'another');
    await open({ REDIS_URL: redis.url.replace('//', `//:${PASSWORD}@`) });
    expect([(await send()).body.code, (await ready()).status]).toEqual(['REDIS_UNAVAILABLE', 503]);
    expect(app.log()).toContain('WRONGPASS');
    expect(app.log()).not.toContain(PASSWORD);
    expect(twilio.ledger).toEqual([]);
  });

  it('warns of a server that forgets when its memory is full', async () => {
    await ask(redis.url, 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    await ask(redis.url, 'CONFIG', 'SET', 'maxmemory', '100mb');
    await open();
    await until(async () => /"level":"warn".*from allkeys-lru to noeviction/.test(app.log()));
  });

  it('is let in with the right password, into a database of its own', async () => {
    await redis.stop();
    await redis.start('--requirepass', PASSWORD);
    await open({ REDIS_URL: `${redis.url.replace('//', `//default:${PASSWORD}@`)}/3` });
    expect((await send()).status).toBe(201);
    expect(app.log()).not.toContain(PASSWORD);
  });

  it.each([
    ['verifies', true, 201],
    ['cannot verify', false, 503],
  ])('speaks TLS to rediss:// with a certificate that it %s: %s, %i', async (_, isKnown, status) => {
    const files = { key: join(tempFolder(), 'key.pem'), cert: join(tempFolder(), 'cert.pem') };
    for (const part of ['key', 'cert'] as const) writeFileSync(files[part], selfSigned()[part]);
    await redis.stop();
    const tls = ['--tls-cert-file', files.cert, '--tls-key-file', files.key, '--tls-ca-cert-file', files.cert];
    await redis.start('--port', '0', '--tls-port', new URL(redis.url).port, '--tls-auth-clients', 'no', ...tls);
    const program = await start({
      ...PRODUCTION,
      ...twilioEnv(twilio),
      DATA_DIR: await dataFolder(),
      REDIS_URL: redis.url.replace('redis:', 'rediss:'),
      ...(isKnown && { NODE_EXTRA_CA_CERTS: files.cert }),
    });
    expect((await program.send(phone(0))).status).toBe(status);
    expect(twilio.ledger).toHaveLength(isKnown ? 1 : 0);
  });

  it('opens more connections under load, and never more than REDIS_MAX_CONNECTIONS', async () => {
    await open({ REDIS_MAX_CONNECTIONS: '3' });
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => send(round * 40 + index)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    }
    const clients = String(await ask(redis.url, 'CLIENT', 'LIST'));
    expect(clients.match(/name=sixdigit/g)).toHaveLength(3);
  });
});
