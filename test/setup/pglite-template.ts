import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

import { PGlite } from '@electric-sql/pglite';

import { EmbeddedDatabase, readMigrations } from '../../src/prisma/index.js';

/** Names the migrations, whatever they are by now. */
export const migrations = createHash('sha256')
  .update(JSON.stringify(readMigrations().migrationDirectories))
  .digest('hex')
  .slice(0, 16);
/** A migrated, empty database as a file: loading it is several times faster than migrating anew in every suite. */
const template = resolve(__dirname, `../../node_modules/.cache/sixdigit/pglite-${migrations}.tar`);

async function makeTemplate(): Promise<void> {
  const db = await PGlite.create('memory://');
  await EmbeddedDatabase.over(db);
  const dump = Buffer.from(await (await db.dumpDataDir('none')).arrayBuffer());
  await db.close();
  mkdirSync(dirname(template), { recursive: true });
  writeFileSync(`${template}.${process.pid}`, dump);
  renameSync(`${template}.${process.pid}`, template);
}

/**
 * The first suite to ask makes the template; if two do at once, the same file is put in place twice.
 * @param at a folder that is not there yet; in memory without one
 */
export async function openFromTemplate(at = 'memory://'): Promise<PGlite> {
  if (!existsSync(template)) await makeTemplate();
  return PGlite.create(at, { loadDataDir: new Blob([readFileSync(template)]) });
}
