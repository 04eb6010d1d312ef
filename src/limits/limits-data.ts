import { Inject, Injectable } from '@nestjs/common';

import { Clock, KeyRing, lookupKeysOf, NOTHING_SEALED, PersonalData, type PhoneNumber } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { PhoneLimits } from './phone-limits.js';
import { SendWindows } from './send-windows.js';

/** No window is longer, and nothing else counts wrong guesses by their time. */
const LONGEST_WINDOW = "interval '1 day'";
/** After that long nobody takes a phone for known because it was approved once. */
const APPROVAL = "interval '90 days'";
const NOW = (parameter: number) => `coalesce($${parameter}::timestamptz, clock_timestamp())`;
const isPast = (times: string, parameter: number) =>
  `coalesce(${times}[cardinality(${times})] < ${NOW(parameter)} - ${LONGEST_WINDOW}, true)`;

const KEYS = { name: 'phone_keys', text: 'SELECT unnest(phone_keys($1::bytea[])) AS key' };
const ERASE = { name: 'erase_phone', text: 'SELECT erase_phone($1::bytea[]) AS rows' };

/** A few scans an hour of tables with one short row a phone: cheaper than an index that every guess and text would keep up. */
const PURGES = [
  {
    name: 'purge_windows',
    text: `DELETE FROM limit_windows WHERE key = ANY (ARRAY(
      SELECT key FROM limit_windows WHERE ${isPast('hits', 2)} LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
  {
    // Wrong guesses in a row are counted until the next right one, however long ago they were.
    name: 'purge_phones',
    text: `DELETE FROM phones WHERE phone_key = ANY (ARRAY(
      SELECT phone_key FROM phones WHERE wrong_in_a_row = 0 AND ${isPast('wrong_guesses', 2)}
        AND coalesce(approved_at < ${NOW(2)} - ${APPROVAL}, true) LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
];

/** Of a phone of which nothing else is left. */
const PURGE_ALIASES = {
  name: 'purge_aliases',
  text: `DELETE FROM phone_aliases WHERE former = ANY (ARRAY(
      SELECT former FROM phone_aliases AS a WHERE NOT EXISTS (SELECT 1 FROM limit_windows WHERE key = a.current)
        AND NOT EXISTS (SELECT 1 FROM phones WHERE phone_key = a.current)
        AND NOT EXISTS (SELECT 1 FROM opt_outs WHERE phone_key = a.current)
        AND NOT EXISTS (SELECT 1 FROM verifications WHERE phone_key IN (a.former, a.current))
        AND NOT EXISTS (SELECT 1 FROM messages WHERE verification_id IS NULL AND phone_key IN (a.former, a.current))
        AND NOT EXISTS (SELECT 1 FROM users WHERE phone_key IN (a.former, a.current))
        LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
};

/** Windows, wrong guesses, and the keys that a phone had under former secrets; in the database, and in Redis. */
@Injectable()
export class LimitsData extends PersonalData {
  readonly name = 'limits';

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly windows: SendWindows,
    private readonly limits: PhoneLimits,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  async export(phone: PhoneNumber): Promise<unknown> {
    const { sends, guesses } = await this.limits.show(phone);
    const { wrongGuesses, wrongInARow, approvedAt } = guesses;
    return { sends, wrongGuesses, wrongInARow, approvedAt };
  }

  /** Last of all rooms: others find their rows by the keys that go here, and write into what goes here. */
  async erase(phone: PhoneNumber): Promise<number> {
    const known = lookupKeysOf(this.keys, phone);
    const keys = await this.database.query<{ key: Uint8Array }>(KEYS, [known]);
    for (const { key } of this.windows.inDatabase ? [] : keys) await this.windows.forget(key);
    const [erased] = await this.database.query<{ rows: number }>(ERASE, [known]);
    return erased?.rows ?? 0;
  }

  async purge(batch: number): Promise<number> {
    let gone = 0;
    for (const statement of PURGES) {
      gone += (await this.database.query(statement, [batch, this.clock.databaseTime()])).length;
    }
    return gone + (await this.database.query(PURGE_ALIASES, [batch])).length;
  }

  /** They go along with the row that tells the number. */
  reseal() {
    return Promise.resolve(NOTHING_SEALED);
  }
}
