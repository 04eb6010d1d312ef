import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { PGlite } from '@electric-sql/pglite';
import { Client } from 'pg';

import { writeAct } from '../../audit/index.js';
import { ConfigRefusal, environment, examine } from '../../config/index.js';
import {
  DatabaseUnavailable,
  EmbeddedDatabase,
  forgetMigration,
  migrationAdapter,
  migrationState,
  pgliteAdapter,
  PostgresDatabase,
  readMigrations,
  type MigrationState,
  type Statement,
} from '../../prisma/index.js';
import { operator } from '../operator.js';
import { UsageError } from '../usage-error.js';

type Target = { readonly url: string } | { readonly dataDir: string };
interface Options {
  readonly json?: true;
}

const NAMES = ['DATABASE_URL', 'DATABASE_MAX_CONNECTIONS', 'DATA_DIR'];
const CONNECT_MS = 3_000;

export async function status({ json }: Options): Promise<void> {
  const state = await stateOf(target());
  if (json) console.log(JSON.stringify(state, null, 2));
  else for (const line of linesOf(state)) console.log(line);
  if (Object.values(state).some((names: readonly string[]) => names.length > 0)) process.exitCode = 1;
}

export async function deploy({ json }: Options): Promise<void> {
  const applied = await apply(target());
  if (json) return console.log(JSON.stringify({ applied }, null, 2));
  for (const name of applied) console.log(`applied ${name}`);
  console.log(applied.length === 0 ? 'nothing to apply' : `${applied.length} applied`);
}

export async function resolve(name: string, { json }: Options): Promise<void> {
  const where = target();
  const { failed } = await stateOf(where);
  if (!failed.includes(name))
    throw new UsageError(
      `No migration "${name}" has failed.`,
      failed.length > 0 ? `Those have: ${failed.join(', ')}.` : 'None has; npm run cli -- migrate status',
    );
  if ('url' in where) await forgetMigration(migrationAdapter(where.url), name);
  else
    await EmbeddedDatabase.lookInto(where.dataDir, (db) =>
      forgetMigration(
        pgliteAdapter(db, () => PGlite.create('memory://')),
        name,
      ),
    );
  await writeDown(where, 'migration.resolve', [name]);
  console.log(json ? JSON.stringify({ resolved: name }) : `${name} counts as never run`);
}

/** @throws {ConfigRefusal} of what is about the database */
function target(): Target {
  const { env, faults } = examine(environment());
  const own = faults.filter(({ name }) => NAMES.includes(name));
  if (own.length > 0) throw new ConfigRefusal(own);
  return env.storage.DATABASE_URL ? { url: env.storage.DATABASE_URL } : { dataDir: env.storage.DATA_DIR };
}

/** Applied first and written down then: the audit may be among what is applied. @returns the names that this process applied */
async function apply(where: Target): Promise<readonly string[]> {
  const { pending } = await stateOf(where);
  try {
    const database = await ('url' in where
      ? PostgresDatabase.connect(where.url, 1)
      : EmbeddedDatabase.open(where.dataDir));
    await database.close();
    await writeDown(where, 'migration.apply', database.migrated);
    return database.migrated;
  } catch (error) {
    // Those before the one that failed are applied.
    const after = await stateOf(where);
    const gone = new Set([...after.pending, ...after.failed]);
    await writeDown(
      where,
      'migration.apply',
      pending.filter((name) => !gone.has(name)),
    );
    throw error;
  }
}

async function writeDown(where: Target, act: string, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await lookInto(where, async (query) => {
    const [audit] = await query<{ there: boolean }>(`SELECT to_regclass('admin_audit') IS NOT NULL AS there`);
    if (!audit?.there) return;
    const database = {
      query: <Row extends object>({ text }: Statement, values: readonly unknown[]) => query<Row>(text, values),
    };
    for (const name of names) await writeAct(database, { who: operator(), act }, name);
  });
}

async function stateOf(where: Target): Promise<MigrationState> {
  if ('dataDir' in where && !existsSync(join(where.dataDir, 'pg', 'PG_VERSION'))) {
    const pending = readMigrations().migrationDirectories.map(({ path }) => path);
    return { pending, failed: [], changed: [], unknown: [] };
  }
  return lookInto(where, (query) => migrationState((sql) => query(sql)));
}

type Query = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

/** The database as it is: nothing is migrated. @throws {DatabaseUnavailable | FolderInUse} */
async function lookInto<T>(where: Target, work: (query: Query) => Promise<T>): Promise<T> {
  if ('dataDir' in where)
    return EmbeddedDatabase.lookInto(where.dataDir, (db) =>
      work(
        async <Row extends object>(text: string, values: readonly unknown[] = []) =>
          (await db.query<Row>(text, [...values])).rows,
      ),
    );
  const client = new Client({ connectionString: where.url, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new DatabaseUnavailable(error);
  }
  const query = async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await client.query<Row & Record<string, unknown>>(text, [...values])).rows;
  return work(query).finally(() => client.end());
}

function linesOf(state: MigrationState): readonly string[] {
  const lines = Object.entries(state as unknown as Record<string, readonly string[]>).flatMap(([what, names]) =>
    names.map((name) => `${what.padEnd(8)} ${name}`),
  );
  return lines.length > 0 ? lines : ['up to date'];
}
