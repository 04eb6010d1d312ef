import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { Client } from 'pg';

import { startApp } from '../setup/app.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { freePort } from '../setup/free-port.js';
import { cleanUp, tempFolder } from '../setup/process.js';
import { type Daemon, onInstalled, startDaemon } from './installed.js';

jest.setTimeout(240_000);

/** PgBouncer refuses to be run by root. */
function nobody(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const [, , uid, gid] = /^postgres:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}

(serverUrl ? onInstalled('pgbouncer') : describe.skip)('PgBouncer', () => {
  let database: TestDatabase;
  let bouncer: Daemon | undefined;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterEach(async () => {
    await bouncer?.stop();
    bouncer = undefined;
  });
  afterAll(async () => {
    await cleanUp();
    await database.drop();
  });

  /** ops/pgbouncer/pgbouncer.ini with another server and port. @returns the database behind it */
  async function behind(change: (ini: string) => string = (ini) => ini): Promise<string> {
    const real = new URL(database.url!);
    const port = await freePort();
    const folder = tempFolder();
    chmodSync(folder, 0o755);
    const users = join(folder, 'userlist.txt');
    writeFileSync(users, `"${real.username}" ""\n`);
    const ini = readFileSync('ops/pgbouncer/pgbouncer.ini', 'utf8')
      .replace(
        'sixdigit = host=127.0.0.1 port=5432 dbname=sixdigit',
        `sixdigit = host=${real.hostname} port=${real.port} dbname=${real.pathname.slice(1)}`,
      )
      .replace('listen_port = 6432', `listen_port = ${port}`)
      .replace('auth_type = scram-sha-256', 'auth_type = trust')
      .replace('/etc/pgbouncer/userlist.txt', users);
    writeFileSync(join(folder, 'pgbouncer.ini'), change(ini) + 'unix_socket_dir =\n');
    bouncer = await startDaemon('pgbouncer', [join(folder, 'pgbouncer.ini')], port, nobody());
    return `postgresql://${real.username}@127.0.0.1:${port}/sixdigit`;
  }

  /** Verifications at once, so that connections of the pool are used by turns. */
  async function statuses(url: string): Promise<number[]> {
    const app = await startApp({ SMS_SIMULATION_MODE: 'true' }, { ...database, url });
    const phones = Array.from({ length: 24 }, (_, n) => `+1415555${2000 + n}`);
    const answers = await Promise.all(
      phones.map(async (phone) => {
        const started = await app.call('POST', '/v1/verifications', { phone });
        if (started.status !== 201) return [started.status];
        const { id, testCode } = started.body;
        return [201, (await app.call('POST', `/v1/verifications/${id}/check`, { code: testCode })).status];
      }),
    );
    await app.close();
    return answers.flat();
  }

  it('pooling sessions, as its example says, carries everything', async () => {
    const found = await statuses(await behind());
    expect(found).toHaveLength(48);
    expect(new Set(found)).toEqual(new Set([201, 200]));
  });

  it('refuses us at the door without ignore_startup_parameters', async () => {
    const url = await behind((ini) => ini.replace(/^ignore_startup_parameters.*$/m, ''));
    await expect(startApp({ SMS_SIMULATION_MODE: 'true' }, { ...database, url })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      cause: { message: expect.stringMatching(/unsupported startup parameter: statement_timeout/) },
    });
  });

  it('pooling transactions does not keep a prepared statement where it was made', async () => {
    const url = await behind((ini) =>
      ini
        .replace(/^pool_mode = session/m, 'pool_mode = transaction')
        .replace('default_pool_size = 40', 'default_pool_size = 1'),
    );
    const clients = [new Client({ connectionString: url }), new Client({ connectionString: url })];
    for (const client of clients) {
      client.on('error', () => undefined); // PgBouncer may hang up after such a failure
      await client.connect();
    }
    const ask = (client: Client) => client.query({ name: 'same', text: 'SELECT $1::int AS n', values: [1] });
    // One after the other, over the one connection that there is to the server.
    const [one, other] = clients;
    await ask(one!);
    await expect(ask(other!)).rejects.toThrow('prepared statement "same" already exists');
    for (const client of clients) await client.end().catch(() => undefined);
  });

  it('pooling transactions keeps advisory locks of a transaction to that transaction', async () => {
    const url = await behind((ini) => ini.replace(/^pool_mode = session/m, 'pool_mode = transaction'));
    const [one, other] = [new Client({ connectionString: url }), new Client({ connectionString: url })];
    await Promise.all([one.connect(), other.connect()]);
    const tryLock = async (client: Client) =>
      (await client.query<{ ok: boolean }>('SELECT pg_try_advisory_xact_lock(506, 99) AS ok')).rows[0]?.ok;
    await one.query('BEGIN');
    expect([await tryLock(one), await tryLock(other)]).toEqual([true, false]);
    await one.query('COMMIT');
    expect(await tryLock(other)).toBe(true);
    await Promise.all([one.end(), other.end()]);
  });
});
