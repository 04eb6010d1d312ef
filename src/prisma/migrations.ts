import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';

import { SchemaEngine } from './schema-engine.js';

const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../prisma');
export const SCHEMA_PATH = join(folder, 'schema.prisma');
export const MIGRATIONS_PATH = join(folder, 'migrations');

/** The migrations on disk, in the shape that the schema engine takes. */
export function readMigrations(baseDir = MIGRATIONS_PATH) {
  const names = readdirSync(baseDir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const lock = join(baseDir, 'migration_lock.toml');
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: existsSync(lock) ? readFileSync(lock, 'utf8') : null },
    shadowDbInitScript: '',
    migrationDirectories: names.map((path) => ({
      path,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok', value: readFileSync(join(baseDir, path, 'migration.sql'), 'utf8') },
      },
    })),
  };
}

type Query = (sql: string) => Promise<readonly { migration_name: string; checksum: string; finished: boolean }[]>;

const APPLIED = `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished FROM _prisma_migrations WHERE rolled_back_at IS NULL`;

/** How a database stands to the migrations of this program. All empty: it is up to date. */
export interface MigrationState {
  /** Not applied yet: the next start does it. */
  readonly pending: readonly string[];
  /** Begun and never finished: no start goes on before somebody has looked. */
  readonly failed: readonly string[];
  /** Applied with another text than the one on disk. */
  readonly changed: readonly string[];
  /** Applied by a newer program. */
  readonly unknown: readonly string[];
}

/** @throws only what `query` does; that the table is not there yet is an answer */
export async function migrationState(query: Query): Promise<MigrationState> {
  const applied = await query(APPLIED).catch((error: unknown) => {
    if ((error as { code?: unknown }).code === '42P01') return []; // no table yet
    throw error;
  });
  const known = new Map(applied.map((row) => [row.migration_name, row]));
  const onDisk = readMigrations().migrationDirectories.map(({ path, migrationFile }) => ({
    path,
    checksum: createHash('sha256').update(migrationFile.content.value).digest('hex'),
  }));
  const names = new Set(onDisk.map(({ path }) => path));
  return {
    pending: onDisk.filter(({ path }) => !known.has(path)).map(({ path }) => path),
    failed: applied.filter(({ finished }) => !finished).map((row) => row.migration_name),
    changed: onDisk
      .filter(({ path, checksum }) => known.get(path)?.finished && known.get(path)?.checksum !== checksum)
      .map(({ path }) => path),
    unknown: applied.filter((row) => !names.has(row.migration_name)).map((row) => row.migration_name),
  };
}

/** Whether every migration on disk is applied, unchanged: then the engine need not even be loaded. */
async function isUpToDate(query: Query): Promise<boolean> {
  const state = await migrationState(query).catch(() => undefined);
  return state !== undefined && Object.values(state).every((names: readonly string[]) => names.length === 0);
}

/** Brings a database to the newest migration. @returns the names applied, none when it was there already */
export async function migrate(
  query: Query,
  adapter: () => SqlMigrationAwareDriverAdapterFactory,
): Promise<readonly string[]> {
  if (await isUpToDate(query)) return [];
  const engine = await SchemaEngine.open(adapter(), SCHEMA_PATH);
  try {
    return await engine.apply(readMigrations());
  } finally {
    await engine.close();
  }
}

/** Takes it that a migration never ran: the next start runs it again. @throws what the engine says, such as that it did not fail */
export async function forgetMigration(adapter: SqlMigrationAwareDriverAdapterFactory, name: string): Promise<void> {
  const engine = await SchemaEngine.open(adapter, SCHEMA_PATH);
  try {
    await engine.forget(name);
  } finally {
    await engine.close();
  }
}
