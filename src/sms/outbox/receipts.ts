import { setTimeout as wait } from 'node:timers/promises';

import DataLoader from 'dataloader';

import { DatabaseUnavailable, valuesFor, type Database } from '../../prisma/index.js';
import type { HitRow } from './outbox.sql.js';
import { ACCEPT, ACCEPT_ALL, MOST_TOGETHER, type AcceptParameters } from './receipt.sql.js';

/** Nobody waits longer for others than that: theirs may have met with a row that somebody holds. */
const PATIENCE_MS = 50;

/** A provider took the text, and that was all. */
export type Receipt = Omit<AcceptParameters, 'may_be_late' | 'at'>;

/**
 * Writes down what providers took. One at a time where there is one at a time; what comes while others are written down is
 * written down together, so that the more there is, the less each costs.
 */
export class Receipts {
  private underWay: Promise<unknown> = Promise.resolve();
  private readonly waiting = new DataLoader((receipts: readonly Receipt[]) => this.writeTogether(receipts), {
    cache: false,
    maxBatchSize: MOST_TOGETHER,
    batchScheduleFn: (begin) => void this.underWay.finally(begin),
  });

  constructor(
    private readonly database: Database,
    private readonly now: () => Date | null,
  ) {}

  /** What became of its hit; undefined when there is more to its message, and then nothing was written. @throws {DatabaseUnavailable} */
  write(receipt: Receipt): Promise<HitRow | undefined> {
    return this.waiting.load(receipt);
  }

  private writeTogether(receipts: readonly Receipt[]): Promise<(HitRow | undefined | Error)[]> {
    const work = receipts.length === 1 ? this.eachAlone(receipts) : this.all(receipts);
    this.underWay = Promise.race([work.catch(() => undefined), wait(PATIENCE_MS, undefined, { ref: false })]);
    return work;
  }

  private async all(receipts: readonly Receipt[]): Promise<(HitRow | undefined | Error)[]> {
    const column = <K extends keyof Receipt>(name: K) => receipts.map((receipt) => receipt[name]);
    const values = valuesFor(ACCEPT_ALL, {
      ids: column('id'),
      turns: column('turn'),
      attempt_ids: column('attempt_id'),
      provider_message_ids: column('provider_message_id'),
      again_ms: column('again_ms'),
      ...this.how,
    });
    try {
      const rows = await this.database.query<HitRow & { readonly id: string }>(ACCEPT_ALL, values);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return receipts.map(({ id }) => byId.get(id));
    } catch (error) {
      if (error instanceof DatabaseUnavailable) throw error;
      // What one of them met with (a deadlock, say) is not the others' fault.
      return this.eachAlone(receipts);
    }
  }

  private eachAlone(receipts: readonly Receipt[]): Promise<(HitRow | undefined | Error)[]> {
    return Promise.all(
      receipts.map((receipt) =>
        this.database.query<HitRow>(ACCEPT, valuesFor(ACCEPT, { ...receipt, ...this.how })).then(
          ([row]) => row,
          (error: unknown) => error as Error,
        ),
      ),
    );
  }

  /** Its commit may wait for no disk where the database outlives us: docs/decisions/0016. */
  private get how() {
    return { may_be_late: this.database.outlivesUs, at: this.now() };
  }
}
