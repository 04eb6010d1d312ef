import { exec } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import {
  cleanUp,
  dataFolder,
  launch,
  PRODUCTION,
  start,
  tempFolder,
  twilioEnv,
  type Program,
} from '../setup/process.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(60_000);
afterEach(cleanUp);

const PHONES = ['+14155552671', '+14155552672'] as const;

describe('a development start without any variables', () => {
  it('prints address, mode, a key and calls that work as they are printed', async () => {
    const program = await start();
    expect(program.port).toBeGreaterThan(0);
    expect(program.stdout).toMatch(/texts: +simulation \(no provider credentials were found\)\n/);
    expect(program.stdout).toMatch(/development API key: sk_dev_\S{32}\n/);

    const [send = '', check = ''] = program.stdout.split('\n').filter((line) => line.trim().startsWith('curl '));
    const { id, testCode } = await bash(send);
    expect(await bash(check.replace('ID', id).replace('CODE', testCode))).toMatchObject({ status: 'approved' });
  });
});

describe('a restart on the same folder', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('after %s keeps the key, codes and limits', async (signal) => {
    const env = { DATA_DIR: await dataFolder() };
    const before = await start(env);
    const { body } = await before.send(PHONES[1]);
    for (let sent = 0; sent < 5; sent++) expect((await before.send(PHONES[0])).status).toBe(201);
    await before.stop(signal);

    const after = await start(env);
    expect(await after.ready).toBeLessThan(30_000);
    expect(after.key).toBe(before.key);
    expect((await after.check(body.id, body.testCode)).body).toMatchObject({ valid: true });
    expect(await after.send(PHONES[0])).toMatchObject({ status: 429, body: { limit: 'phone-hour' } });
  });
});

describe('two processes on one folder', () => {
  it('leaves the folder to the first, and to the next as soon as the first is dead', async () => {
    const env = { DATA_DIR: await dataFolder() };
    const first = await start(env);
    const { body } = await first.send(PHONES[0]);

    const second = launch(env);
    const refused = await second.exit;
    expect(refused.code).toBe(69);
    expect(refused.ranMs).toBeLessThan(20_000);
    expect(second.stderr).toContain(`${env.DATA_DIR} is in use by process ${first.pid}.`);
    expect(second.stderr).not.toContain('    at ');

    const wrong = body.testCode === '000000' ? '000001' : '000000';
    expect((await first.check(body.id, wrong)).body).toMatchObject({ valid: false, checksLeft: 4 });
    await first.stop('SIGKILL');
    const next = await start(env);
    expect((await next.check(body.id, body.testCode)).body).toMatchObject({ valid: true });
  });
});

describe('production', () => {
  const TOKEN = 'a-token-of-twilio';
  const bad = { APP_SECRET: 'too-short-app', API_KEYS: 'shop:too-short-key', ADMIN_PASSWORD: 'too-short' };
  it.each([
    ['unset', {}, ['APP_SECRET', 'API_KEYS']],
    ['bad', bad, ['APP_SECRET', 'API_KEYS', 'ADMIN_PASSWORD']],
  ])('refuses simulation, half credentials and %s secrets all at once', async (_, secrets, names) => {
    const DATA_DIR = join(tempFolder(), 'data');
    const half = { SMS_SIMULATION_MODE: 'true', TWILIO_AUTH_TOKEN: TOKEN };
    const program = launch({ NODE_ENV: 'production', DATA_DIR, ...half, ...secrets });
    expect(await program.exit).toMatchObject({ code: 78 });
    for (const name of ['SMS_SIMULATION_MODE', 'TWILIO_ACCOUNT_SID', 'TWILIO_FROM_NUMBER', ...names])
      expect(program.stderr).toMatch(new RegExp(`^  ${name}\\b.*: `, 'm'));
    expect(program.stdout + program.stderr).not.toMatch(/too-short|a-token/);
    expect(existsSync(DATA_DIR)).toBe(false);
  });

  it('refuses everything that is wrong, in one output, and tells no secret', async () => {
    const DATA_DIR = join(tempFolder(), 'data');
    const wrong = {
      PORT: 'http',
      PUBLIC_BASE_URL: 'http://verify.example.com',
      TRUSTED_PROXIES: 'everybody',
      CORS_ORIGINS: '*',
      DATABASE_URL: `mysql://root:${TOKEN}@db/x`,
      APP_SECRET: 'change-me-to-at-least-32-random-bytes',
      APP_SECRET_PREVIOUS: 'too-short-app',
      API_KEYS: 'shop:change-me-shop-0123456789',
      ADMIN_PASSWORD: '$argon2id$v=19$m=19456',
      SMS_WEBHOOK_SECRET: 'too-short-hook',
      SMS_SIMULATION_MODE: 'true',
      SMS_PROVIDERS: 'mock,pigeon',
      TWILIO_AUTH_TOKEN: TOKEN,
      AWS_SNS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      SMS_DAILY_COST_LIMIT: 'much',
      ALLOWED_COUNTRIES: 'Atlantis',
      VERIFICATION_MAX_CHECKS: '1000000',
    };
    const program = launch({ NODE_ENV: 'production', DATA_DIR, ...wrong });
    expect(await program.exit).toMatchObject({ code: 78 });
    const names = Object.keys(wrong).filter((name) => !/^(TWILIO|AWS)_/.test(name));
    for (const name of [...names, 'TWILIO_ACCOUNT_SID', 'TWILIO_FROM_NUMBER', 'AWS_SNS_SECRET_ACCESS_KEY'])
      expect(program.stderr).toMatch(new RegExp(`^  ${name}\\b.*: \\S.*\\. \\S`, 'm'));
    expect(program.stderr).toMatch(/^The configuration has \d+ faults:\n/);
    expect(program.stdout + program.stderr).not.toMatch(/too-short|a-token|change-me-(shop|to)|m=19456|\n +at /);
    expect(existsSync(DATA_DIR)).toBe(false);
  });

  it('lets nobody sign in as an operator while ADMIN_PASSWORD is unset', async () => {
    const program = await start({ ...PRODUCTION, DATA_DIR: await dataFolder() });
    const noKey = { authorization: '' };
    for (const password of ['', 'admin', 'password', 'change-me-too-please', 'undefined']) {
      const { status } = await program.call('POST', '/v1/admin/session', { password }, noKey);
      expect([400, 404]).toContain(status);
    }
    for (const path of ['/v1/admin/session', '/v1/admin/keys', '/v1/admin/audit'])
      expect((await program.call('GET', path, undefined, noKey)).status).toBe(401);
  });

  it('without credentials starts, refuses to send, and says why', async () => {
    const program = await start({ ...PRODUCTION, DATA_DIR: await dataFolder() });
    expect(program.stdout).not.toMatch(/API key|curl/);
    expect(await program.send(PHONES[0])).toMatchObject({ status: 503, body: { code: 'SMS_DISABLED' } });
    const reason = expect.stringMatching(/^no provider credentials were found; set TWILIO_ACCOUNT_SID, /);
    expect((await program.call('GET', '/health/ready')).body).toMatchObject({
      status: 'degraded',
      details: { sms: { mode: 'disabled', reason } },
    });
  });
});

describe('a stop', () => {
  let twilio: FakeTwilio;
  let database: TestDatabase | undefined;
  beforeEach(async () => {
    twilio = await FakeTwilio.start();
    database = serverUrl ? await openTestDatabase() : undefined;
  });
  afterEach(async () => {
    await cleanUp();
    await twilio.close();
    await database?.drop();
  });

  const startSending = async (): Promise<Program> => {
    twilio.behave({ kind: 'latency', ms: 1_500 });
    const where = database ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() };
    return start({ ...PRODUCTION, ...where, ...twilioEnv(twilio) });
  };
  it.each([
    ['SIGTERM', 1],
    ['SIGTERM', 2],
    ['SIGINT', 1],
  ] as const)(
    'by %s, given %i times, finishes what is being sent, takes nothing new and ends',
    async (signal, times) => {
      const program = await startSending();
      const sending = program.send(PHONES[0]);
      sending.catch(() => undefined); // awaited below, in its turn
      await sleep(200);
      const stopped = program.stop(signal);
      stopped.catch(() => undefined);
      await refusedWithin(1_000, program.port);
      if (times === 2) program.signal(signal);
      expect(await sending).toMatchObject({ status: 201, body: { delivery: 'accepted' } });
      expect(twilio.ledger).toHaveLength(1);
      expect(await stopped).toMatchObject({ code: 0, signal: null });
    },
  );

  it('does not wait for kept alive, silent or slow connections', async () => {
    const program = await startSending();
    const said = ['GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n', '', 'GET /health/live HTTP/1.1\r\nhost'];
    for (const text of said) (await connected(program.port)).on('error', () => undefined).write(text);
    await sleep(300);
    await program.stop();
  });
});

describe('an occupied port', () => {
  it('is told in words', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => holder.once('listening', done));
    const { port } = holder.address() as AddressInfo;
    const program = launch({ PORT: String(port), DATA_DIR: await dataFolder() });
    expect((await program.exit).code).toBeGreaterThan(0);
    holder.close();
    expect(program.stderr).toMatch(new RegExp(`\\b${port}\\b`));
    expect(program.stderr).toContain('PORT');
    expect(program.stderr).not.toContain('    at ');
  });
});

/** What a command as printed answers. */
async function bash(line: string): Promise<{ id: string; testCode: string }> {
  const { stdout } = await promisify(exec)(line, { shell: '/bin/bash' });
  return JSON.parse(stdout) as { id: string; testCode: string };
}

function connected(port: number) {
  return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket)).once('error', reject);
  });
}

async function refusedWithin(ms: number, port: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(20)) {
    const refused = await connected(port).then(
      (socket) => void socket.destroy(),
      (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
    );
    if (refused) return;
  }
  throw new Error(`Port ${port} still takes connections.`);
}
