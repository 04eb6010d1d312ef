import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import { readMigrations } from '../../src/prisma/index.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { cleanUp, launch, PRODUCTION, start, twilioEnv, type Program } from '../setup/process.js';
import { DatabaseProxy } from '../setup/database-proxy.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(60_000);
afterEach(cleanUp);

const onServer = serverUrl ? describe : describe.skip;
const PASSWORD = 'p4ss-of-the-database';
const PHONES = ['+14155552671', '+14155552672', '+14155552673'] as const;

describe('a database that cannot be used at start', () => {
  const there = (change: Partial<URL>): string => Object.assign(new URL(serverUrl ?? ''), change).href;
  const known: [string, () => string][] = [
    ['is not listening', () => `postgresql://u:${PASSWORD}@127.0.0.1:1/none`],
    ['has no address', () => `postgresql://u:${PASSWORD}@nowhere.invalid/none`],
  ];
  const refused: [string, () => string][] = [
    ['is not on the server', () => there({ password: PASSWORD, pathname: '/not_there' })],
    ['does not know the user', () => there({ password: PASSWORD, username: 'not_there' })],
  ];
  it.each([...known, ...(serverUrl ? refused : [])])(
    'because it %s is told in words, with the mend and without the password',
    async (_, url) => {
      const program = launch({ ...PRODUCTION, DATABASE_URL: url() });
      expect((await program.exit).code).toBe(69);
      expect(program.stderr).toContain('DATABASE_URL');
      expect(program.stderr).not.toContain('    at ');
      expect(program.stdout + program.stderr).not.toContain(PASSWORD);
    },
  );
});

onServer('a database that is lost', () => {
  let database: TestDatabase;
  let twilio: FakeTwilio;
  let proxy: DatabaseProxy;
  let program: Program;
  beforeEach(async () => {
    [database, twilio] = [await openTestDatabase(), await FakeTwilio.start()];
    proxy = await DatabaseProxy.to(new URL(database.url ?? ''));
    program = await start({ ...PRODUCTION, DATABASE_URL: proxy.url, ...twilioEnv(twilio) });
  });
  afterEach(async () => {
    await cleanUp();
    await proxy.cut();
    await twilio.close();
    await database.drop();
  });

  it.each([
    ['and refuses connections', 'cut'],
    ['and never answers', 'freeze'],
  ] as const)('%s stops sends and checks with 503, and only for as long', async (_, lose) => {
    const { body } = await program.send(PHONES[0]);
    const code = /\d{6}/.exec(twilio.ledger[0]?.body ?? '')?.[0] ?? '';

    // Several connections are open, as they are under load.
    await Promise.all(Array.from({ length: 10 }, () => program.call('GET', `/v1/verifications/${body.id}`)));
    await proxy[lose]();
    const lost = performance.now();
    const [send, check, get, cancel, ready, live] = await Promise.all([
      program.send(PHONES[1]),
      program.check(body.id, code),
      program.call('GET', `/v1/verifications/${body.id}`),
      program.call('DELETE', `/v1/verifications/${body.id}`),
      program.call('GET', '/health/ready'),
      program.call('GET', '/health/live'),
    ]);
    expect(performance.now() - lost).toBeLessThan(10_000);
    for (const answer of [send, check, get, cancel]) {
      expect(answer).toMatchObject({ status: 503, body: { code: 'DATABASE_UNAVAILABLE' } });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    expect([ready.status, live.status]).toEqual([503, 200]);
    expect(twilio.ledger).toHaveLength(1);

    await proxy.restore();
    const restored = performance.now();
    const healed = async () => (await program.call('GET', '/health/ready')).status === 200;
    while (!((await healed()) && (await program.send(PHONES[2])).status === 201)) {
      expect(performance.now() - restored).toBeLessThan(10_000);
      await sleep(200);
    }
    expect((await program.check(body.id, code)).body).toMatchObject({ valid: true });
    expect(twilio.ledger.map(({ to }) => to)).toEqual([PHONES[0], PHONES[2]]);
  });

  it('while the provider answers leaves the caller with the truth: one text is out', async () => {
    twilio.behave({ kind: 'latency', ms: 1_000 });
    const sending = program.send(PHONES[0]);
    while (twilio.ledger.length === 0) await sleep(20);
    await proxy.cut();
    expect(await sending).toMatchObject({ status: 201, body: { delivery: 'accepted' } });
    expect(twilio.ledger).toHaveLength(1);
  });
});

onServer('three processes started at once on an empty database', () => {
  it('all become ready, and each migration is applied once', async () => {
    const name = `sixdigit_${randomUUID().replaceAll('-', '')}`;
    const url = Object.assign(new URL(serverUrl ?? ''), { pathname: `/${name}` }).href;
    await query(serverUrl ?? '', `CREATE DATABASE ${name}`);
    try {
      await Promise.all(PHONES.map(() => start({ ...PRODUCTION, DATABASE_URL: url })));
      const applied = await query(
        url,
        'SELECT migration_name, checksum, finished_at IS NOT NULL AS finished FROM _prisma_migrations ORDER BY 1',
      );
      expect(applied).toEqual(
        readMigrations().migrationDirectories.map(({ path, migrationFile }) => ({
          migration_name: path,
          checksum: createHash('sha256').update(migrationFile.content.value).digest('hex'),
          finished: true,
        })),
      );
    } finally {
      await cleanUp();
      await query(serverUrl ?? '', `DROP DATABASE ${name} WITH (FORCE)`);
    }
  });
});

async function query(url: string, sql: string): Promise<object[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client
    .query<object>(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}
