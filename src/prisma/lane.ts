import pLimit from 'p-limit';

import { Database, type Statement } from './database.js';

/**
 * The same database for what is not urgent: of its connections it leaves all but `width`, and one at least, to others, so that
 * they never queue behind many statements for which nobody waits.
 */
export class Lane extends Database {
  private readonly limit: ReturnType<typeof pLimit>;

  /** @param width statements that may be under way at once, asked anew each time */
  constructor(
    private readonly database: Database,
    private readonly width: () => number,
  ) {
    super();
    this.limit = pLimit(width());
  }

  get outlivesUs(): boolean {
    return this.database.outlivesUs;
  }

  query<Row extends object>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    const { most = Infinity } = this.database.connections;
    const width = Math.max(1, Math.min(this.width(), most - 1));
    if (this.limit.concurrency !== width) this.limit.concurrency = width;
    return this.limit(() => this.database.query<Row>(statement, values));
  }

  /** It is not the lane's to close. */
  close(): Promise<void> {
    return Promise.resolve();
  }
}
