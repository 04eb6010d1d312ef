import { Inject, Injectable } from '@nestjs/common';

import { Clock, KeyRing, NOTHING_SEALED, NoPersonalData, type Resealed } from '../kernel/index.js';
import { Database } from '../prisma/index.js';

const NOW = (parameter: number) => `coalesce($${parameter}::timestamptz, clock_timestamp())`;

const PURGE = {
  name: 'purge_idempotency_keys',
  text: `DELETE FROM idempotency_keys WHERE key = ANY (ARRAY(
    SELECT key FROM idempotency_keys WHERE expires_at <= ${NOW(2)} ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
};

/** One without an answer may be under either secret, unless it is being answered right now. */
const LEFT = {
  name: 'answers_left',
  text: `SELECT count(*)::int AS left, max(expires_at) AS until FROM idempotency_keys
    WHERE expires_at > ${NOW(3)} AND (key_version = $1 OR key_version IS NULL AND lease_until <= ${NOW(3)}) AND $1 <> $2::int`,
};

/** Answers that are kept for repeats: no number is in them or finds them; who makes them knows their ids, and erases them. */
@Injectable()
export class AnswerData extends NoPersonalData {
  readonly name = 'answers';

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  async purge(batch: number): Promise<number> {
    return (await this.database.query(PURGE, [batch, this.clock.databaseTime()])).length;
  }

  /** They cannot be found under another key without the caller's own; after 24 hours they are gone. */
  override async reseal(): Promise<Resealed> {
    const values = [this.keys.formerVersion, this.keys.version, this.clock.databaseTime()];
    const [row] = await this.database.query<Pick<Resealed, 'left' | 'until'>>(LEFT, values);
    return { ...NOTHING_SEALED, ...row };
  }
}
