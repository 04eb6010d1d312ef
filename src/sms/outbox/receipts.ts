import type { Clock } from '../../kernel/index.js';
import { recordsIn, Together, valuesFor, type Database, type Numbered } from '../../prisma/index.js';
import type { HitRow } from './outbox.sql.js';
import { ACCEPT, type Receipt } from './receipt.sql.js';

/** Writes down what providers took, what comes together in one statement. */
export class Receipts {
  private readonly together: Together<Receipt, HitRow & Numbered>;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.together = new Together((receipts) => this.write(receipts), clock);
  }

  /** What became of its hit; undefined when there is more to its message, and then nothing was written. @throws {DatabaseUnavailable} */
  record(receipt: Receipt): Promise<HitRow | undefined> {
    return this.together.about(receipt);
  }

  /** Its commit may wait for no disk where the database outlives us: docs/decisions/0016. */
  private write(receipts: readonly Receipt[]): Promise<(HitRow & Numbered)[]> {
    const how = { may_be_late: this.database.outlivesUs, at: this.clock.databaseTime() };
    return this.database.query(ACCEPT, valuesFor(ACCEPT, { receipts: recordsIn(receipts), ...how }));
  }
}
