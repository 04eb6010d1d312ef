import { DomainError } from '../kernel/index.js';

/** A statement of a hot path. PostgreSQL prepares it once a connection under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
  /** Of one that nobody waits for and that reads a lot: how long it may take, where that is longer than any other may. */
  readonly longestMs?: number;
}

/** A statement whose text names what it takes: `:phone_key` instead of `$5`. */
export interface NamedStatement<Parameters extends object> extends Statement {
  /** What stands for `$1`, `$2`, ... */
  readonly order: readonly (keyof Parameters)[];
}

const NAMES = /(?<![:\w]):([a-z]\w*)/g;

/** @param text with a name for each parameter, which may stand in it more than once */
export function named<Parameters extends object>(name: string, text: string): NamedStatement<Parameters> {
  const order = [...new Set([...text.matchAll(NAMES)].map(([, parameter]) => parameter!))];
  const numbered = text.replace(NAMES, (_, parameter: string) => `$${order.indexOf(parameter) + 1}`);
  return { name, text: numbered, order: order as (keyof Parameters)[] };
}

/** The parameters in the order in which the statement takes them. */
export function valuesFor<Parameters extends object>(
  { order }: NamedStatement<Parameters>,
  parameters: Parameters,
): readonly unknown[] {
  return order.map((name) => parameters[name]);
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

/** A gate inside a statement refused (SQL: `refuse`), and nothing of it was done. */
export class Refused extends Error {
  override readonly name = 'Refused';

  private constructor(
    readonly gate: string,
    readonly detail: Readonly<Record<string, unknown>>,
  ) {
    super(`refused by ${gate}`);
  }

  /** What a driver threw, if it is that. */
  static from(error: unknown): Refused | undefined {
    const { code, message, detail } = (error ?? {}) as { code?: unknown; message?: string; detail?: string };
    if (code !== 'S6001') return undefined;
    return new Refused(message ?? '', JSON.parse(detail ?? '{}') as Record<string, unknown>);
  }
}

/** Whether a row with that key was there already. */
export const isDuplicate = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === '23505';

/** Of one process. */
export interface Connections {
  readonly total: number;
  /** How many there may be; undefined: there is one, and its order is our own. */
  readonly most?: number;
  readonly idle: number;
  /** Statements that wait for one. */
  readonly waiting: number;
}

/**
 * Raw SQL over the same connections that Prisma's client uses. For the hot paths only: one Prisma insert costs about four
 * times the CPU of the same statement.
 */
export abstract class Database {
  /** Whether it goes on when this process dies, so that what it was told is not lost with it, flushed or not. */
  abstract readonly outlivesUs: boolean;

  /** As they are now; where the database is inside this process, there is one. */
  get connections(): Connections {
    return { total: 1, idle: 1, waiting: 0 };
  }

  /** @throws {DatabaseUnavailable | Refused} when no answer can be had, or it is no; any other error is a bug in the statement. */
  abstract query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
  abstract close(): Promise<void>;
}
