import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { EmbeddedDatabase, FolderInUse, holderOf, migrationState } from '../../prisma/index.js';
import type { Check } from '../check.js';
import { fault, ok, skipped, warning, type Said } from '../finding.js';
import { migrationFindings } from './migrations.js';

const LEAST_FREE_BYTES = 200 * 1_048_576;

/** The database in a folder of this machine, for one process. */
export function embeddedCheck(dataDir: string): Check {
  return {
    group: 'storage',
    name: 'database',
    run: async () => {
      const unusable = folderFault(dataDir);
      if (unusable) return [unusable, skipped('migrations', 'the folder cannot be used')];
      const holder = holderOf(dataDir);
      if (holder !== undefined) return inUse(dataDir, holder);
      const where = `embedded, in ${dataDir}`;
      const isThere = existsSync(join(dataDir, 'pg', 'PG_VERSION'));
      if (!isThere)
        return [
          ok('database', `${where}: nothing there yet, the first start makes it`),
          ...roomIn(dataDir),
          skipped('migrations', 'the first start applies all'),
        ];
      try {
        return await EmbeddedDatabase.lookInto(dataDir, async (db) => {
          const { rows } = await db.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
          const query = async (sql: string) => (await db.query<never>(sql)).rows;
          return [
            ok('database', `PostgreSQL ${rows[0]?.version}, ${where}: for one process`),
            ...roomIn(dataDir),
            ...migrationFindings(await migrationState(query)),
          ];
        });
      } catch (error) {
        if (error instanceof FolderInUse) return inUse(dataDir, holderOf(dataDir));
        return [
          fault(
            'database',
            `${where}: it cannot be opened, the files are damaged or of another version`,
            'Restore the folder from a backup, or move it away to begin anew.',
          ),
        ];
      }
    },
  };
}

const inUse = (dataDir: string, holder: number | undefined): Said[] => [
  ok('database', `embedded, in ${dataDir}: serves process ${holder ?? 'that just began'} now`),
  skipped('migrations', 'the process that runs has applied them; stop it to have them looked at'),
];

/** What keeps us from writing there. */
function folderFault(dataDir: string): Said | undefined {
  const mend = 'Set DATA_DIR to a folder that this user may write, or chown it.';
  let at = resolve(dataDir);
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at);
  if (!statSync(at).isDirectory()) return fault('database', `${at} is no folder`, mend);
  try {
    accessSync(at, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return fault('database', `${at} cannot be written (${(error as { code?: string }).code})`, mend);
  }
}

function roomIn(dataDir: string): Said[] {
  const { bavail, bsize } = statfsSync(existsSync(dataDir) ? dataDir : '.');
  if (bavail * bsize >= LEAST_FREE_BYTES) return [];
  const left = `${Math.floor((bavail * bsize) / 1_048_576)} MiB are left where ${dataDir} is`;
  return [warning('disk', left, 'Make room, or set DATA_DIR to another disk.')];
}
