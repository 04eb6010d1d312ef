import { PrismaPg } from '@prisma/adapter-pg';
import type {
  SqlDriverAdapter,
  SqlDriverAdapterFactory,
  SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import { DatabaseError, Pool } from 'pg';

import { Database, DatabaseUnavailable, Refused, type Connections, type Statement } from './database.js';
import { migrate } from './migrations.js';

/**
 * Starts meet in the row of the day's budget: measured on two cores, 20 connections brought 0.6 of what 8 did, for 1.5 of
 * PostgreSQL's CPU.
 */
const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;

/** SQLSTATEs that say "not now": connection, login, catalog, resources, state, timeouts, system, read-only, deadlocks. */
const UNAVAILABLE = /^(08|28|3D|53|55|57|58|25006|40001|40P01)/;

export class PostgresDatabase extends Database {
  readonly outlivesUs = true;

  private constructor(
    private readonly pool: Pool,
    /** Migrations that its opening applied. */
    readonly migrated: readonly string[],
  ) {
    super();
  }

  /** @throws {DatabaseUnavailable} */
  static async connect(url: string, maxConnections = CONNECTIONS): Promise<PostgresDatabase> {
    const pool = new Pool({
      connectionString: url,
      max: maxConnections,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: STATEMENT_TIMEOUT_MS + 1_000, // for a server that has stopped answering at all
      application_name: 'sixdigit',
    });
    pool.on('error', () => undefined); // an idle connection broke: the pool drops it, the next query opens another
    try {
      await pool.query('SELECT 1').catch((error: unknown) => {
        throw new DatabaseUnavailable(error); // a wrong password, too: there is no statement yet that could be wrong
      });
      const migrated = await migrate(
        async (sql) => (await pool.query<never>(sql)).rows,
        () => migrationAdapter(url),
      );
      return new PostgresDatabase(pool, migrated);
    } catch (error) {
      await pool.end();
      throw asUnavailable(error);
    }
  }

  get adapter(): SqlDriverAdapterFactory {
    return new PrismaPg(this.pool);
  }

  override get connections(): Connections {
    const { totalCount: total, idleCount: idle, waitingCount: waiting } = this.pool;
    return { total, most: this.pool.options.max, idle, waiting };
  }

  async query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const { name, text, longestMs } = statement;
    try {
      if (longestMs !== undefined) return await this.patiently<Row>(statement, values, longestMs);
      return (await this.pool.query<Row & Record<string, unknown>>({ name, text, values: [...values] })).rows;
    } catch (error) {
      throw Refused.from(error) ?? asUnavailable(error);
    }
  }

  /** In a transaction, as a longer patience holds for no other statement of the connection. */
  private async patiently<Row extends object>({ name, text }: Statement, values: readonly unknown[], ms: number) {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      // What is read by indexes alone gains nothing by being compiled, which takes seconds.
      await client.query(`SET LOCAL statement_timeout = ${ms}; SET LOCAL jit = off`);
      const asked = { name, text, values: [...values], query_timeout: ms + 1_000 };
      const { rows } = await client.query<Row & Record<string, unknown>>(asked);
      await client.query('COMMIT');
      return rows as Row[];
    } catch (error) {
      await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async close(): Promise<void> {
    if (!this.pool.ended) await this.pool.end();
  }
}

/** What PostgreSQL itself says about a statement is a bug of ours; anything else means that it gave no answer. */
function asUnavailable(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable) return error;
  if (error instanceof DatabaseError && !UNAVAILABLE.test(error.code ?? '')) return error;
  return new DatabaseUnavailable(error, !isBeforeStatement(error));
}

/** The server refused it, or no connection was had to send it on. */
function isBeforeStatement(error: unknown): boolean {
  const { syscall, message } = (error ?? {}) as { syscall?: unknown; message?: unknown };
  if (error instanceof DatabaseError || syscall === 'connect' || syscall === 'getaddrinfo') return true;
  return /timeout exceeded when trying to connect|connection timeout/.test(String(message));
}

/**
 * One connection, because the engine's advisory lock is held by a session; and whole scripts, because adapter-pg 7.10.1
 * splits them at every semicolon, which breaks functions and applies half of a failing migration.
 */
export function migrationAdapter(connectionString: string): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg({ connectionString, max: 1 });
  type Internals = SqlDriverAdapter & { client: Pool; onError(error: unknown): never };
  return {
    provider: 'postgres',
    adapterName: factory.adapterName,
    connect: async () => {
      const adapter = (await factory.connect()) as unknown as Internals;
      adapter.executeScript = async (sql) => {
        await adapter.client.query(sql).catch((error: unknown) => adapter.onError(error));
      };
      return adapter;
    },
    connectToShadowDb: () => Promise.reject(new Error('no shadow database here')),
  };
}
