import { Inject, Injectable } from '@nestjs/common';

import { Clock, KeyRing, lookupKeysOf, NOTHING_SEALED, PersonalData, type PhoneNumber } from '../kernel/index.js';
import { Database } from '../prisma/index.js';

const OLDEST = "coalesce($2::timestamptz, clock_timestamp()) - interval '90 days'";
const EXPORT = {
  name: 'export_decisions',
  text: `SELECT d.id, d.at, country, line_type AS "lineType", verdict, reason, challenge, d.approved_at AS "approvedAt"
    FROM send_decisions AS d WHERE d.id = ANY (ARRAY(
      SELECT id FROM verifications WHERE phone_key = ANY (phone_keys($1::bytea[]))
      UNION ALL SELECT id FROM messages WHERE phone_key = ANY (phone_keys($1::bytea[])))) ORDER BY d.at`,
};
const PURGES = [
  {
    name: 'purge_decisions',
    text: `DELETE FROM send_decisions WHERE id = ANY (ARRAY(
      SELECT id FROM send_decisions WHERE at < ${OLDEST} LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
  {
    // By then it is full again, and its approvals are forgotten: one that is not there has just as much.
    name: 'purge_budgets',
    text: `DELETE FROM prefix_budgets WHERE key = ANY (ARRAY(
      SELECT key FROM prefix_budgets WHERE at < ${OLDEST} AND (blocked_until IS NULL OR blocked_until < ${OLDEST})
        LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
];

/**
 * Decisions name no phone, and the narrowest prefix that they are kept by stands for a hundred numbers. What ties one to a number is
 * its verification or text, whose id it has, and goes with it. A used challenge is kept by what the client sent, which tells no
 * number either.
 */
@Injectable()
export class FraudData extends PersonalData {
  readonly name = 'decisions';

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  export(phone: PhoneNumber): Promise<unknown> {
    return this.database.query(EXPORT, [lookupKeysOf(this.keys, phone)]);
  }

  /** `erase_verifications` takes them along, in the same transaction. */
  erase(): Promise<number> {
    return Promise.resolve(0);
  }

  async purge(batch: number): Promise<number> {
    let gone = 0;
    for (const statement of PURGES) {
      gone += (await this.database.query(statement, [batch, this.clock.databaseTime()])).length;
    }
    return gone;
  }

  /** Budgets go along with each verification that tells a number of theirs; those of none start afresh. */
  reseal() {
    return Promise.resolve(NOTHING_SEALED);
  }
}
