import { join } from 'node:path';

import { PGlite } from '@electric-sql/pglite';
import type { SqlDriverAdapterFactory } from '@prisma/driver-adapter-utils';

import { Database, DatabaseUnavailable, Refused, type Statement } from './database.js';
import { lockFolder } from './folder-lock.js';
import { migrate } from './migrations.js';
import { pgliteAdapter } from './pglite-adapter.js';
import { Prepared } from './prepared.js';

/** PostgreSQL inside this process, in one folder, for one process. Survives a crash of the process, not of the machine. */
export class EmbeddedDatabase extends Database {
  readonly outlivesUs = false;
  private readonly prepared: Prepared;

  private constructor(
    private readonly db: PGlite,
    private readonly release: () => void,
    /** Migrations that its opening applied. */
    readonly migrated: readonly string[],
  ) {
    super();
    this.prepared = new Prepared(db);
  }

  /** @throws {FolderInUse} */
  static async open(dataDir: string): Promise<EmbeddedDatabase> {
    const release = lockFolder(dataDir);
    try {
      const db = await PGlite.create(join(dataDir, 'pg'));
      return await EmbeddedDatabase.over(db, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Reads what is there: nothing is migrated. @throws {FolderInUse} */
  static async lookInto<T>(dataDir: string, work: (db: PGlite) => Promise<T>): Promise<T> {
    const release = lockFolder(dataDir);
    try {
      const db = await PGlite.create(join(dataDir, 'pg'));
      return await work(db).finally(() => db.close());
    } finally {
      release();
    }
  }

  /** Over an instance that the caller made, such as one in memory. Migrates it. */
  static async over(db: PGlite, release: () => void = () => undefined): Promise<EmbeddedDatabase> {
    const shadow = () => PGlite.create('memory://');
    const migrated = await migrate(
      async (sql) => (await db.query<never>(sql)).rows,
      () => pgliteAdapter(db, shadow),
    );
    return new EmbeddedDatabase(db, release, migrated);
  }

  get adapter(): SqlDriverAdapterFactory {
    return pgliteAdapter(this.db);
  }

  async query<Row extends object>({ name, text }: Statement, values: readonly unknown[]): Promise<Row[]> {
    if (this.db.closed) throw new DatabaseUnavailable(new Error('closed'));
    try {
      if (name) return await this.prepared.query<Row>(text, values);
      return (await this.db.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw Refused.from(error) ?? error;
    }
  }

  async close(): Promise<void> {
    if (this.db.closed) return;
    await this.db.close();
    this.release();
  }
}
