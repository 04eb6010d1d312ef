import { Inject, Injectable } from '@nestjs/common';

import { Clock, KeyRing, lookupKeysOf, NOTHING_SEALED, PersonalData, type PhoneNumber } from '../kernel/index.js';
import { Database } from '../prisma/index.js';

const NOW = 'coalesce($2::timestamptz, clock_timestamp())';
const EXPORT = {
  name: 'export_sender_blocks',
  text: 'SELECT provider, sender, at FROM sender_blocks WHERE phone_key = ANY (phone_keys($1::bytea[])) ORDER BY at',
};
const ERASE = {
  name: 'erase_sender_blocks',
  text: 'DELETE FROM sender_blocks WHERE phone_key = ANY (phone_keys($1::bytea[])) RETURNING 1 AS gone',
};
const PURGES = [
  {
    name: 'purge_sender_blocks',
    text: `DELETE FROM sender_blocks WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM sender_blocks WHERE at < ${NOW} - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
  {
    name: 'purge_sender_rests',
    text: `DELETE FROM sender_rests WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM sender_rests WHERE until < ${NOW} - interval '30 days' LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
];

/** To which phones carriers let a sender's texts through no more: for a day, under the phone's HMAC. */
@Injectable()
export class SenderData extends PersonalData {
  readonly name = 'sender_blocks';

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

  async erase(phone: PhoneNumber): Promise<number> {
    return (await this.database.query(ERASE, [lookupKeysOf(this.keys, phone)])).length;
  }

  async purge(batch: number): Promise<number> {
    let gone = 0;
    for (const statement of PURGES) {
      gone += (await this.database.query(statement, [batch, this.clock.databaseTime()])).length;
    }
    return gone;
  }

  /** They are gone within a day: before that nobody changes the secret twice. */
  reseal() {
    return Promise.resolve(NOTHING_SEALED);
  }
}
