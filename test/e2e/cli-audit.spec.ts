import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';

import type { Source } from '../../src/kernel/index.js';
import { EmbeddedDatabase, PostgresDatabase, readMigrations, type Database } from '../../src/prisma/index.js';
import { cli } from '../setup/cli.js';
import { serverUrl } from '../setup/database.js';
import { cleanUp, dataFolder, PRODUCTION, start, tempFolder, twilioEnv } from '../setup/process.js';
import { onServer, serverTemplate } from '../setup/server-template.js';
import { FakeTwilio } from '../support/index.js';

jest.setTimeout(240_000);

const PHONE = '+14155552671';
const ME = `cli:${userInfo().username}`;
const ALL = readMigrations().migrationDirectories.map(({ path }) => path);
const made: string[] = [];
afterEach(async () => {
  await cleanUp();
  for (const name of made.splice(0)) await onServer(serverUrl!, `DROP DATABASE ${name} WITH (FORCE)`);
});

/** Where commands find a database of their own; `empty`: without tables. */
async function place(kind: 'empty' | 'migrated'): Promise<Source> {
  if (!serverUrl) return { DATA_DIR: kind === 'empty' ? tempFolder() : await dataFolder() };
  const name = `sixdigit_${randomUUID().replaceAll('-', '')}`;
  await onServer(
    serverUrl,
    `CREATE DATABASE ${name}${kind === 'empty' ? '' : ` TEMPLATE ${await serverTemplate(serverUrl)}`}`,
  );
  made.push(name);
  return { DATABASE_URL: Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href, DATA_DIR: tempFolder() };
}

/** With the migrated database of a place. */
async function inside<T>({ DATABASE_URL: url, DATA_DIR: folder }: Source, work: (database: Database) => Promise<T>) {
  const database = url ? await PostgresDatabase.connect(url) : await EmbeddedDatabase.open(folder!);
  return work(database).finally(() => database.close());
}
const run = (env: Source, text: string) => inside(env, (database) => database.query({ name: '', text }, []));
const actsIn = (env: Source) => run(env, 'SELECT who, act, subject, address FROM admin_audit ORDER BY id');
const act = (name: string, subject: string | null) => ({ who: ME, act: name, subject, address: null });

describe('on the database itself', () => {
  let twilio: FakeTwilio;
  let env: Source;
  beforeEach(async () => {
    twilio = await FakeTwilio.start();
    env = {
      ...PRODUCTION,
      ...twilioEnv(twilio),
      PUBLIC_BASE_URL: 'https://verify.example.com',
      ...(await place('migrated')),
    };
  });
  afterEach(() => twilio.close());

  it('a code that is sent, a code that is checked and a live text are written down, without the number', async () => {
    const begun = await cli(['verify', 'start', PHONE, '--json'], env);
    const { id } = JSON.parse(begun.stdout) as { id: string };
    expect((await cli(['verify', 'check', id, 'abc'], env)).code).not.toBe(0);
    expect((await cli(['verify', 'check', PHONE, '123456'], env)).code).not.toBe(0);
    expect((await cli(['doctor', '--live', PHONE, '--yes', '--wait', '1'], env)).stdout).toContain('\nLive\n');
    expect(await actsIn(env)).toEqual([
      act('verification.start', null),
      act('verification.check', id),
      act('verification.check', null),
      act('message.send', null),
    ]);
  });

  it('what does nothing is not', async () => {
    expect((await cli(['doctor'], env)).stdout).not.toContain('\nLive\n');
    expect((await cli(['doctor', '--live', PHONE], env)).code).toBe(64); // nobody agreed
    expect((await cli(['messages', 'show', randomUUID()], env)).code).toBe(64);
    expect(await actsIn(env)).toEqual([]);
  });

  it('nor what a running program is asked for: any caller may', async () => {
    const program = await start(env);
    const talking = { SIXDIGIT_URL: `http://127.0.0.1:${program.port}`, SIXDIGIT_API_KEY: program.key };
    expect((await cli(['verify', 'start', PHONE, '--json'], { ...env, ...talking })).code).toBe(0);
    await program.stop();
    expect(await actsIn(env)).toEqual([]);
  });
});

describe('migrations', () => {
  it('are written down one by one, once their tables are there', async () => {
    const env = await place('empty');
    const first = await cli(['migrate', 'deploy', '--json'], env);
    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(JSON.parse(first.stdout)).toEqual({ applied: ALL });
    expect(await cli(['migrate', 'deploy'], env)).toMatchObject({ code: 0, stdout: 'nothing to apply\n' });
    expect(await actsIn(env)).toEqual(ALL.map((name) => act('migration.apply', name)));
  });

  (serverUrl ? it : it.skip)('are so by whoever applied them, where several do it at the same time', async () => {
    const env = await place('empty');
    const both = await Promise.all([
      cli(['migrate', 'deploy', '--json'], env),
      cli(['migrate', 'deploy', '--json'], env),
    ]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const told = both.flatMap(({ stdout }) => (JSON.parse(stdout) as { applied: string[] }).applied);
    expect(told.sort()).toEqual(ALL);
    expect(await actsIn(env)).toHaveLength(ALL.length);
  });

  (serverUrl ? it : it.skip)('before one that fails are, too, and that this one counts as never run', async () => {
    const env = await place('empty');
    const sql = (text: string) => onServer(env.DATABASE_URL!, text);
    const { name, table } = lastTable();
    await sql(`CREATE SCHEMA test; CREATE FUNCTION test.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
      IF EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE object_identity = 'public.${table}') THEN RAISE 'no room'; END IF;
    END $$; CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION test.refuse()`);
    expect((await cli(['migrate', 'deploy'], env)).code).not.toBe(0);
    await sql('DROP EVENT TRIGGER refuse');
    expect(await cli(['migrate', 'resolve', name], env)).toMatchObject({
      code: 0,
      stdout: `${name} counts as never run\n`,
    });
    expect(await cli(['migrate', 'deploy'], env)).toMatchObject({ code: 0 });
    const applied = ALL.map((each) => act('migration.apply', each));
    applied.splice(ALL.indexOf(name), 0, act('migration.resolve', name));
    expect(await actsIn(env)).toEqual(applied);
  });
});

/** The last migration that makes a table, and which. */
function lastTable(): { name: string; table: string } {
  const found = readMigrations().migrationDirectories.flatMap(({ path: name, migrationFile }) => {
    const [, table] = /^CREATE TABLE "?(\w+)"?/m.exec(migrationFile.content.value) ?? [];
    return table ? [{ name, table }] : [];
  });
  return found.at(-1)!;
}
