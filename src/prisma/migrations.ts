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

/** Whether every migration on disk is applied, unchanged: then the engine need not even be loaded. */
async function isUpToDate(query: Query): Promise<boolean> {
  const applied = await query(APPLIED).catch(() => undefined); // no table yet
  if (!applied) return false;
  const known = new Map(applied.map((row) => [row.migration_name, row.finished ? row.checksum : 'unfinished']));
  const onDisk = readMigrations().migrationDirectories;
  return (
    onDisk.length === applied.length &&
    onDisk.every(
      ({ path, migrationFile }) =>
        known.get(path) === createHash('sha256').update(migrationFile.content.value).digest('hex'),
    )
  );
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
