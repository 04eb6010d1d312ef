import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

import { diagnose } from '../../src/doctor/index.js';
import type { Source } from '../../src/kernel/index.js';
import { cli } from '../setup/cli.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { doctor, doctorProcess, told } from '../setup/doctor.js';
import { cleanUp, dataFolder, PRODUCTION, start, tempFolder, twilioEnv } from '../setup/process.js';
import { onOwnRedis, startRedis } from '../setup/servers.js';
import { FakeGateway, FakeSns, FakeTwilio } from '../support/index.js';
import { twilioOpenApi } from '../support/twilio-openapi.js';

jest.setTimeout(240_000);
afterEach(cleanUp);

const COLOUR = /\u001b\[/;
const snsEnv = (sns: FakeSns): Source => ({
  AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000',
  AWS_SNS_SECRET_ACCESS_KEY: 'fake-secret',
  AWS_SNS_ENDPOINT: sns.url,
});

describe('with nothing there', () => {
  it('looks at everything, makes nothing, and says what production would refuse', async () => {
    const { code, ready, verdict, checks, lines, seconds } = await doctorProcess({});
    expect([code, ready]).toEqual([0, false]);
    expect(verdict).toMatch(/^Fit for development, with \d+ warnings; not production/);
    expect(seconds).toBeLessThan(15);
    expect(told(lines('database'))).toEqual(['ok embedded, in ./data: nothing there yet, the first start makes it']);
    expect(lines('texts')[0]?.found).toBe('simulation: no text leaves, because no provider credentials were found');
    expect(checks.filter(({ group }) => group === 'production').map(({ name }) => name)).toEqual([
      'APP_SECRET',
      'API_KEYS',
      'texts',
    ]);
    for (const { state, mend } of checks) expect(Boolean(mend)).toBe(state === 'warning' || state === 'fault');
  });

  it('fails for warnings, too, for who wants that', async () => {
    expect((await doctorProcess({}, '--strict')).code).toBe(1);
  });

  it('is a page for people, without colours where nobody looks', async () => {
    const { code, stdout, stderr } = await cli(['doctor'], { FORCE_COLOR: '1' });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toMatch(COLOUR);
    expect(stdout).toMatch(/^Program\n {2}✓ sixdigit +\d+\.\d+\.\d+\n/);
    expect(stdout).toMatch(/ {2}! APP_SECRET +is unset\n +mend: Make one with: openssl rand -base64 32\n/);
    expect(stdout).toMatch(/\d+ ok, \d+ warnings, 0 faults, \d+ skipped; [\d.]+ s\nFit for development/);
  });
});

describe('with everything wrong', () => {
  it('tells every fault of the environment at once, once, with its mend', async () => {
    const env = {
      ...{ NODE_ENV: 'production', PORT: 'x', LOOKUP_TTL_DAYS: '0', SMS_SIMULATION_MODE: 'true' },
      ...{ TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, AWS_SNS_SECRET_ACCESS_KEY: 'only-the-secret-of-it' },
      ...{ APP_SECRET: 'weak-secret', API_KEYS: 'shop:change-me-shop-0123456789', ADMIN_PASSWORD: 'Sixdigit2026!' },
      ...{ SMS_WEBHOOK_SECRET: 'abababababababababababababababababab', APP_SECRET_PREVIOUS: 'former' },
      ...{ PUBLIC_BASE_URL: 'http://verify.example.com', TRUSTED_PROXIES: '0.0.0.0/0', DATABASE_URL: 'mysql://x' },
      ...{ PRICES_FILE: '/nowhere/prices.json' },
    };
    const { code, ready, checks, lines, stdout } = await doctorProcess(env);
    expect([code, ready]).toEqual([1, false]);
    const faults = checks.filter(({ state }) => state === 'fault').map(({ name }) => name);
    expect(new Set(faults)).toEqual(
      new Set([
        ...['PORT', 'LOOKUP_TTL_DAYS', 'SMS_SIMULATION_MODE', 'TWILIO_AUTH_TOKEN', 'AWS_SNS_ACCESS_KEY_ID'],
        'TWILIO_FROM_NUMBER or TWILIO_FROM_NUMBERS or TWILIO_MESSAGING_SERVICE_SID',
        ...['APP_SECRET', 'API_KEYS', 'ADMIN_PASSWORD', 'SMS_WEBHOOK_SECRET', 'APP_SECRET_PREVIOUS'],
        ...['PUBLIC_BASE_URL', 'TRUSTED_PROXIES', 'DATABASE_URL', 'PRICES_FILE'],
      ]),
    );
    expect(faults.filter((name) => name !== 'TRUSTED_PROXIES')).toHaveLength(14);
    expect(told(lines('APP_SECRET'))).toEqual([
      'fault is shorter than 32 bytes -> Make one with: openssl rand -base64 32',
    ]);
    expect(told(lines('PORT'))).toEqual(['fault must be a whole number from 0 to 65535 -> Write it like PORT=3000']);
    expect(lines('database')[0]?.state).toBe('skipped');
    for (const secret of ['weak-secret', 'change-me-shop', 'Sixdigit2026!', 'ababab', 'only-the-secret'])
      expect(stdout).not.toContain(secret);
  });

  it('does not say that texts leave by what cannot work', async () => {
    const { checks } = await doctor({ TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: 'half' });
    expect(checks.find(({ name }) => name === 'texts')).toMatchObject({ state: 'skipped', found: 'see above' });
  });

  it('says of weak secrets in development what they are', async () => {
    const { code, lines } = await doctor({ APP_SECRET: 'short', ADMIN_PASSWORD: 'admin' });
    expect(code).toBe(0);
    expect(lines('APP_SECRET').map(({ group, state }) => [group, state])).toEqual([['secrets', 'warning']]);
    expect(lines('ADMIN_PASSWORD').map(({ group, state }) => [group, state])).toEqual([['secrets', 'warning']]);
  });

  it('names the file of a secret that is not there, and reads all else', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '.env'), 'PORT=x\nDATABASE_URL_FILE=/nowhere/url\n');
    const { findings } = await diagnose('0.0.0', folder, { DATA_DIR: join(folder, 'data') });
    const lines = (name: string) =>
      findings.filter((each) => each.name === name).map(({ state, found }) => [state, found]);
    expect(lines('.env')).toEqual([['ok', 'read; what the process was given comes first']]);
    expect(lines('DATABASE_URL_FILE')).toEqual([['fault', '/nowhere/url cannot be read (ENOENT)']]);
    expect(lines('PORT')).toEqual([['fault', 'must be a whole number from 0 to 65535']]);
    // Not the embedded one in its stead.
    expect(lines('database')).toEqual([['skipped', 'see the environment']]);
  });

  it('reads .env, and says when it cannot', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, '.env'));
    const { spawnSync } = await import('node:child_process');
    const main = join(__dirname, '../../dist/cli/main.js');
    const run = () =>
      spawnSync(process.execPath, [main, 'doctor', '--json'], {
        cwd: folder,
        env: { PATH: process.env.PATH },
        encoding: 'utf8',
      });
    const { status, stdout } = run();
    expect(status).toBe(1);
    expect(stdout).toMatch(/"it cannot be read \(EISDIR\)"/);
  });
});

describe('with everything dead', () => {
  let hole: Server;
  const sockets = new Set<Socket>();
  let address: string;
  beforeAll(async () => {
    hole = createServer((socket) => sockets.add(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
    await once(hole, 'listening');
    address = `127.0.0.1:${(hole.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    hole.close();
  });

  it('is done within seconds, each with its line', async () => {
    const env = {
      ...{
        DATABASE_URL: `postgresql://me:hunter2-secret@${address}/app`,
        REDIS_URL: `redis://:redis-pass-secret@${address}`,
      },
      ...{
        TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
        TWILIO_AUTH_TOKEN: 'twilio-token-secret',
        TWILIO_FROM_NUMBER: '+15005550006',
      },
      ...{
        TWILIO_BASE_URL: `http://${address}`,
        AWS_SNS_ENDPOINT: `http://${address}`,
        AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000',
      },
      ...{
        AWS_SNS_SECRET_ACCESS_KEY: 'aws-secret-key',
        SMS_HTTP_URL: `http://${address}/send`,
        SMS_HTTP_PING_URL: `http://${address}/ping`,
      },
      ...{ PUBLIC_BASE_URL: `http://${address}` },
    };
    const begun = performance.now();
    const { code, checks, lines, seconds, stdout } = await doctorProcess(env);
    expect(code).toBe(1);
    expect(seconds).toBeLessThan(10);
    expect(performance.now() - begun).toBeLessThan(90_000); // with the start of a process on a busy machine
    const state = (name: string) => lines(name)[0]?.state;
    expect([
      state('database'),
      state('redis'),
      state('twilio account'),
      state('aws-sns account'),
      state('http gateway'),
    ]).toEqual(Array(5).fill('fault'));
    expect(lines('database')[0]).toMatchObject({
      found: `${address}/app: no answer within 3 s`,
      mend: expect.stringMatching(/firewalls/),
    });
    expect(checks.filter(({ found }) => /could not be looked at/.test(found))).toEqual([]);
    expect(stdout).not.toMatch(/-secret|aws-secret-key|5005550006/);
  });

  it('says what refuses, where it does', async () => {
    const env = {
      DATABASE_URL: 'postgresql://127.0.0.1:1/app',
      REDIS_URL: 'redis://127.0.0.1:1',
      PUBLIC_BASE_URL: 'https://no-such-host.invalid',
    };
    const { lines } = await doctor(env);
    expect(told(lines('database'))[0]).toMatch(/^fault 127\.0\.0\.1:1\/app: nobody listens there -> Start PostgreSQL/);
    expect(told(lines('redis'))[0]).toMatch(/^fault 127\.0\.0\.1:1: nobody listens there -> Start Redis/);
    expect(told(lines('PUBLIC_BASE_URL'))[0]).toMatch(
      /^fault no-such-host\.invalid does not resolve -> Add an A or AAAA record/,
    );
  });
});

describe('of providers', () => {
  let twilio: FakeTwilio;
  beforeAll(() => void twilioOpenApi()); // it takes seconds to read, and the fake would have us wait for them
  beforeEach(async () => (twilio = await FakeTwilio.start()));
  afterEach(() => twilio.close());

  it('finds an account that is well, without a paid call', async () => {
    twilio.belongings.numbers = [
      { number: '+15005550006', smsUrl: 'https://verify.example.com/v1/webhooks/twilio/inbound' },
    ];
    const { lines, stdout } = await doctor({ ...twilioEnv(twilio), PUBLIC_BASE_URL: 'https://verify.example.com' });
    expect(told(lines('twilio account'))).toEqual(['ok active, the credentials work']);
    expect(told(lines('twilio sender +******0006'))).toEqual(['ok ours, sends texts']);
    expect(told(lines('twilio sender +******0006, replies'))).toEqual(['ok STOP and START come to us']);
    expect(told(lines('twilio balance'))).toEqual(['ok 100.00 USD']);
    expect(lines('clock of twilio')[0]?.state).toBe('ok');
    expect([twilio.ledger.length, twilio.requests, twilio.faults]).toEqual([0, 0, []]);
    expect(stdout).not.toMatch(/5005550006|test-token/);
  });

  it.each([
    [
      'a suspended account',
      () => (twilio.accountStatus = 'suspended'),
      'twilio account',
      /^fault the account is suspended.* -> Open https:\/\/console\.twilio\.com/,
    ],
    ['a trial', () => (twilio.accountType = 'Trial'), 'twilio account', /^warning active, a trial.* -> Upgrade/],
    [
      'an empty balance',
      () => (twilio.balance = '0.00'),
      'twilio balance',
      /^fault 0\.00 USD: nothing is left -> Top it up/,
    ],
    [
      'a low balance',
      () => (twilio.balance = '3.20'),
      'twilio balance',
      /^warning 3\.20 USD, less than SMS_LOW_BALANCE \(10\) -> Top/,
    ],
    ['a subaccount', () => (twilio.balance = undefined), 'twilio balance', /^skipped a subaccount/],
    [
      "a number that is another's",
      () => (twilio.belongings.numbers = []),
      'twilio sender +******0006',
      /^fault no sender of this account -> /,
    ],
    [
      'a number that cannot text',
      () => (twilio.belongings.numbers = [{ number: '+15005550006', sms: false }]),
      'twilio sender +******0006',
      /^fault ours, but it cannot send texts -> /,
    ],
    [
      'a clock that is off',
      () => (twilio.clockAheadMs = 90_000),
      'clock of twilio',
      /^fault ours is (89|90|91)\.\d s behind it -> Set this machine by NTP/,
    ],
    [
      'a clock that is a little off',
      () => (twilio.clockAheadMs = -20_000),
      'clock of twilio',
      /^warning ours is (19|20)\.\d s ahead of it/,
    ],
  ])('tells of %s', async (_, provoke, name, line) => {
    provoke();
    const { lines, code } = await doctor(twilioEnv(twilio));
    const [found] = told(lines(name));
    expect(found).toMatch(line);
    expect(code).toBe(/^fault/.test(found ?? '') ? 1 : 0);
  });

  it('tells of wrong credentials', async () => {
    const { lines } = await doctor({ ...twilioEnv(twilio), TWILIO_AUTH_TOKEN: 'another-token' });
    expect(told(lines('twilio account'))[0]).toMatch(
      /^fault Twilio refuses the credentials: Twilio answered 401 with code 20003 -> Copy TWILIO/,
    );
  });

  it('looks into a messaging service, short codes and sender ids', async () => {
    const service = `MG${'a'.repeat(32)}`;
    const env = {
      ...twilioEnv(twilio),
      TWILIO_FROM_NUMBER: undefined,
      TWILIO_MESSAGING_SERVICE_SID: service,
      TWILIO_SENDER_IDS: 'GB:Acme',
    };
    const of = async (found: FakeTwilio['belongings']['services'][string] | undefined) => {
      twilio.belongings.services = found ? { [service]: found } : {};
      return (await doctor(env)).checks.filter(({ name }) => name.startsWith('twilio messaging service'));
    };
    expect(told(await of(undefined))[0]).toMatch(/^fault Twilio knows no such thing -> Correct its SID/);
    expect(told(await of({}))[0]).toMatch(/^fault it is there, but has no senders -> Put a number/);
    expect(told(await of({ numbers: ['+15005550006', '+15005550016'] }))).toEqual(['ok it is there, with 2 sender(s)']);
    expect(told(await of({ numbers: ['+15005550006'], isRegistered: false }))[1]).toMatch(
      /^warning no campaign is registered/,
    );

    twilio.belongings.shortCodes = ['24680'];
    const { lines } = await doctor({
      ...twilioEnv(twilio),
      TWILIO_FROM_NUMBER: undefined,
      TWILIO_FROM_NUMBERS: '24680,13579',
    });
    expect(told(lines('twilio sender 24680'))).toEqual(['ok a short code of ours']);
    expect(told(lines('twilio sender 13579'))[0]).toMatch(/^fault no sender of this account/);
  });

  it('tells of a sandbox, a spend limit and a policy at SNS', async () => {
    const sns = await FakeSns.start();
    const run = async (more: Source = {}) =>
      (await doctor({ ...snsEnv(sns), ...more })).checks.filter(({ group }) => group === 'providers');
    expect(told(await run())).toEqual([
      'ok the credentials work',
      'ok the account is out of it',
      'ok $100.00 a month',
      'ok Transactional by default there; every text says its own (AWS_SNS_SMS_TYPE)',
    ]);
    sns.isInSandbox = true;
    sns.attributes = {};
    const young = told(await run());
    expect(young[1]).toMatch(/^warning the account is in the SMS sandbox .* -> Leave it: AWS console/);
    expect(young[2]).toMatch(/^warning \$1\.00 a month, .* -> Ask for more/);
    sns.forbidden = ['GetSMSAttributes', 'GetSMSSandboxAccountStatus'];
    expect(told(await run())).toEqual([
      'ok the credentials work',
      'warning these credentials may not read it -> Allow sns:GetSMSSandboxAccountStatus in their IAM policy, beside sns:Publish.',
      'warning these credentials may not read it -> Allow sns:GetSMSAttributes in their IAM policy, beside sns:Publish.',
    ]);
    expect(told(await run({ AWS_SNS_SECRET_ACCESS_KEY: 'wrong-secret-of-it' }))[0]).toMatch(
      /^fault SNS refuses the credentials: SNS answered 403 with code SignatureDoesNotMatch -> Make an access key in IAM/,
    );
    expect([sns.ledger.length, sns.faults]).toEqual([0, []]);
    await sns.close();
  });

  it('pings a gateway where it may', async () => {
    const gateway = await FakeGateway.start();
    const env = { SMS_HTTP_URL: `${gateway.url}/sms`, SMS_HTTP_PING_URL: `${gateway.url}/ping` };
    expect(told((await doctor(env)).lines('http gateway'))).toEqual(['ok it answers']);
    gateway.pingsFail = true;
    expect(told((await doctor(env)).lines('http gateway'))[0]).toMatch(
      /^fault The gateway answered 503 -> Look whether/,
    );
    const [unasked] = told((await doctor({ SMS_HTTP_URL: `${gateway.url}/sms` })).lines('http gateway'));
    expect(unasked).toMatch(/^warning .* -> Set SMS_HTTP_PING_URL/);
    await gateway.close();
  });
});

describe('of the database', () => {
  let database: TestDatabase | undefined;
  let env: Source;
  beforeEach(async () => {
    database = serverUrl ? await openTestDatabase() : undefined;
    env = database?.url ? { DATABASE_URL: database.url } : { DATA_DIR: await dataFolder() };
  });
  afterEach(() => database?.drop());

  it('is well where it is', async () => {
    const { code, lines } = await doctor(env);
    expect(code).toBe(0);
    expect(told(lines('database'))[0]).toMatch(/^ok PostgreSQL \d+/);
    expect(told(lines('migrations'))).toEqual(['ok up to date']);
    if (serverUrl) expect(lines('clock of database')[0]?.state).toBe('ok');
    if (serverUrl)
      expect(told(lines('connections'))[0]).toMatch(
        /^(ok|warning) DATABASE_MAX_CONNECTIONS is 8; the server gives \d+/,
      );
  });

  (serverUrl ? it : it.skip)('tells of migrations that are pending, failed, changed or unknown', async () => {
    const sql = (text: string) => database!.database.query({ name: '', text }, []);
    const newest = `(SELECT max(migration_name) FROM _prisma_migrations)`;
    await sql(
      `UPDATE _prisma_migrations SET checksum = 'other' WHERE migration_name = (SELECT min(migration_name) FROM _prisma_migrations)`,
    );
    await sql(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = ${newest}`);
    await sql(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', 'x', '20990101000000_later', now())`,
    );
    const found = told((await doctor(env)).lines('migrations'));
    expect(found[0]).toMatch(
      /^fault \d{14}_\w+ was begun and never finished.*-> See what .* npm run cli -- migrate resolve \d{14}_\w+$/,
    );
    expect(found[1]).toMatch(/^fault \d{14}_\w+ was applied with another text .*drift -> /);
    expect(found[2]).toMatch(/^fault the database knows 1 that this program does not.*20990101000000_later/);
    await sql('DELETE FROM _prisma_migrations');
    const { code, lines } = await doctor(env);
    expect(told(lines('migrations'))[0]).toMatch(
      /^warning \d+ pending: the next start applies them -> Or now: npm run cli -- migrate deploy/,
    );
    expect(code).toBe(0);
  });

  (serverUrl ? it : it.skip)('tells of more connections than the server gives, and of what is not there', async () => {
    expect(told((await doctor({ ...env, DATABASE_MAX_CONNECTIONS: '1000' })).lines('connections'))[0]).toMatch(
      /^fault DATABASE_MAX_CONNECTIONS is 1000; .* -> Set DATABASE_MAX_CONNECTIONS to \d+ at most/,
    );
    const nowhere = Object.assign(new URL(serverUrl ?? ''), { pathname: '/nowhere' }).href;
    expect(told((await doctor({ DATABASE_URL: nowhere })).lines('database'))[0]).toMatch(
      /^fault .*there is no such database -> Make it/,
    );
  });

  (serverUrl ? it.skip : it)('says who has the folder, and that it cannot be written', async () => {
    const program = await start(env);
    expect(told((await doctor(env)).lines('database'))[0]).toMatch(
      new RegExp(`^ok .* serves process ${program.pid} now`),
    );
    await program.stop();
    const file = join(tempFolder(), 'file');
    writeFileSync(file, '');
    const { code, lines } = await doctor({ DATA_DIR: join(file, 'data'), APP_SECRET: 'x'.repeat(40) });
    expect([code, told(lines('database'))[0]]).toEqual([1, expect.stringMatching(/file is no folder -> Set DATA_DIR/)]);
  });
});

onOwnRedis('of Redis', () => {
  it('tells what it forgets', async () => {
    const careless = await startRedis(
      '--maxmemory',
      '64mb',
      '--maxmemory-policy',
      'allkeys-lru',
      '--requirepass',
      'redis-pass-secret',
    );
    const url = careless.url.replace('redis://', 'redis://:redis-pass-secret@');
    const { lines, stdout } = await doctor({ REDIS_URL: url });
    expect(told(lines('redis'))[0]).toMatch(/^ok Redis \d+\.\d+\.\d+ at 127\.0\.0\.1:\d+$/);
    expect(told(lines('eviction'))[0]).toMatch(
      /^warning maxmemory-policy is allkeys-lru: a full memory forgets limits -> redis-cli config set/,
    );
    expect(told(lines('persistence'))[0]).toMatch(/^warning /);
    expect(stdout).not.toContain('redis-pass-secret');
    expect(told((await doctor({ REDIS_URL: careless.url })).lines('redis'))[0]).toMatch(
      /^fault .* it refuses the password/,
    );
    await careless.close();
    const careful = await startRedis('--appendonly', 'yes');
    const good = await doctor({ REDIS_URL: careful.url });
    expect([good.lines('eviction')[0]?.state, good.lines('persistence')[0]?.state]).toEqual(['ok', 'ok']);
    await careful.close();
  });
});

describe('of the way in', () => {
  it('knows this program from another one, from a wall and from a proxy without it', async () => {
    const program = await start(PRODUCTION);
    const at = (url: string, more: Source = {}) =>
      doctor({ PUBLIC_BASE_URL: url, ...more }).then(({ lines }) => told(lines('PUBLIC_BASE_URL')).join('\n'));
    expect(await at(`http://127.0.0.1:${program.port}`)).toMatch(
      /ok http:\/\/127\.0\.0\.1:\d+ answers as this program/,
    );
    expect(await at('http://127.0.0.1:1', { PORT: String(program.port) })).toMatch(
      /fault .* gives no answer, although the program runs here on port \d+ -> Let the proxy/,
    );
    expect(await at('http://127.0.0.1:1', { PORT: '1' })).toMatch(
      /warning .* nothing can be said -> Start the program/,
    );
    const gateway = await FakeGateway.start();
    expect(await at(gateway.url)).toMatch(/fault .* something else answers \(404\)/);
    await gateway.close();
  });

  it('is told that callers are taken for one behind a proxy that is not named', async () => {
    const { lines } = await doctor({ PUBLIC_BASE_URL: 'https://no-such-host.invalid' });
    expect(told(lines('TRUSTED_PROXIES'))[0]).toMatch(/^warning unset, while something in front speaks TLS/);
  });
});
