import { DomainError } from '../kernel/index.js';

/** A statement of a hot path. PostgreSQL prepares it once a connection under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export class DatabaseUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'DATABASE_UNAVAILABLE';
  override readonly retryAfterSecs = 5;
  override readonly mayHaveHappened = true;
  override readonly hint = 'Nothing was approved. Try again shortly.';

  /** @param mayHaveRun the statement was sent, and what became of it is not known */
  constructor(
    cause: unknown,
    readonly mayHaveRun = false,
  ) {
    super('The database cannot be reached.', { cause });
  }
}

/** Whether a row with that key was there already. */
export const isDuplicate = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === '23505';

/**
 * Raw SQL over the same connections that Prisma's client uses. For the hot paths only: one Prisma insert costs about four
 * times the CPU of the same statement.
 */
export abstract class Database {
  /** @throws {DatabaseUnavailable} when no answer can be had; any other error is a bug in the statement. */
  abstract query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  abstract close(): Promise<void>;
}
