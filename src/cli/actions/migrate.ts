import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { PGlite } from '@electric-sql/pglite';
import { Client } from 'pg';

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
} from '../../prisma/index.js';
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
  const where = target();
  const { pending: applied } = await stateOf(where);
  const database = await ('url' in where
    ? PostgresDatabase.connect(where.url, 1)
    : EmbeddedDatabase.open(where.dataDir));
  await database.close();
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
  console.log(json ? JSON.stringify({ resolved: name }) : `${name} counts as never run`);
}

/** @throws {ConfigRefusal} of what is about the database */
function target(): Target {
  const { env, faults } = examine(environment());
  const own = faults.filter(({ name }) => NAMES.includes(name));
  if (own.length > 0) throw new ConfigRefusal(own);
  return env.storage.DATABASE_URL ? { url: env.storage.DATABASE_URL } : { dataDir: env.storage.DATA_DIR };
}

async function stateOf(where: Target): Promise<MigrationState> {
  if ('dataDir' in where) {
    const all = readMigrations().migrationDirectories.map(({ path }) => path);
    if (!existsSync(join(where.dataDir, 'pg', 'PG_VERSION')))
      return { pending: all, failed: [], changed: [], unknown: [] };
    return EmbeddedDatabase.lookInto(where.dataDir, (db) =>
      migrationState(async (sql) => (await db.query<never>(sql)).rows),
    );
  }
  const client = new Client({ connectionString: where.url, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new DatabaseUnavailable(error);
  }
  return migrationState(async (sql) => (await client.query<never>(sql)).rows).finally(() => client.end());
}

function linesOf(state: MigrationState): readonly string[] {
  const lines = Object.entries(state as unknown as Record<string, readonly string[]>).flatMap(([what, names]) =>
    names.map((name) => `${what.padEnd(8)} ${name}`),
  );
  return lines.length > 0 ? lines : ['up to date'];
}
