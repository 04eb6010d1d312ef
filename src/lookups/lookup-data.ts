import { Inject, Injectable, Optional } from '@nestjs/common';

import {
  Clock,
  KeyRing,
  lookupKeysOf,
  NOTHING_SEALED,
  openPhone,
  PersonalData,
  type PhoneNumber,
  type Resealed,
  type SealedPhone,
} from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { Lookups } from './lookups.js';

const NOW = 'coalesce($2::timestamptz, clock_timestamp())';
const EXPORT = {
  name: 'export_lookup',
  text: `SELECT line, network, carrier, valid, found_at AS "foundAt", expires_at AS "expiresAt", provider
    FROM lookups WHERE phone_key = ANY (phone_keys($1::bytea[])) AND found_at IS NOT NULL`,
};
const ERASE = {
  name: 'erase_lookup',
  text: 'DELETE FROM lookups WHERE phone_key = ANY (phone_keys($1::bytea[])) RETURNING 1 AS gone',
};
const PURGES = [
  {
    name: 'purge_lookups',
    text: `DELETE FROM lookups WHERE phone_key = ANY (ARRAY(
      SELECT phone_key FROM lookups WHERE expires_at < ${NOW} ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
  {
    name: 'purge_lookup_days',
    text: `DELETE FROM lookup_days WHERE day = ANY (ARRAY(
      SELECT day FROM lookup_days WHERE day < utc_day(${NOW} - interval '400 days') LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
  },
];
const FORMER = {
  name: 'former_lookups',
  text: 'SELECT phone_key, phone_sealed, key_version FROM lookups WHERE phone_key > $1 AND key_version = $2 ORDER BY phone_key LIMIT $3',
};
const RESEAL = { name: 'reseal_lookup', text: 'SELECT reseal_lookup($1, $2, $3, $4) AS done' };
const LEFT = {
  name: 'lookups_left',
  text: `SELECT count(*) FILTER (WHERE key_version = $1)::int AS left,
      count(*) FILTER (WHERE key_version IS DISTINCT FROM $1)::int AS unreadable FROM lookups WHERE key_version <> $2`,
};

/** What was found out about phones, as long as it is good. */
@Injectable()
export class LookupData extends PersonalData {
  readonly name = 'lookups';

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
    /** Absent where nobody is asked. */
    @Optional() @Inject(Lookups) private readonly lookups: Lookups | null = null,
  ) {
    super();
  }

  export(phone: PhoneNumber): Promise<unknown> {
    return this.database.query(EXPORT, [lookupKeysOf(this.keys, phone)]);
  }

  async erase(phone: PhoneNumber): Promise<number> {
    const gone = await this.database.query(ERASE, [lookupKeysOf(this.keys, phone)]);
    this.lookups?.forget(phone);
    return gone.length;
  }

  async purge(batch: number): Promise<number> {
    let gone = 0;
    for (const statement of PURGES) {
      gone += (await this.database.query(statement, [batch, this.clock.databaseTime()])).length;
    }
    return gone;
  }

  async reseal(batch: number, tell: (done: number) => void): Promise<Resealed> {
    const former = this.keys.formerVersion;
    let done = 0;
    for (let after: Uint8Array | undefined = Buffer.alloc(0); former !== null && after !== undefined; ) {
      const rows: SealedPhone[] = await this.database.query<SealedPhone>(FORMER, [after, former, batch]);
      let written = 0;
      for (const row of rows) if (await this.write(row)) written++;
      done += written;
      tell(written);
      after = rows.at(-1)?.phone_key;
    }
    const [row] = await this.database.query<Pick<Resealed, 'left' | 'unreadable'>>(LEFT, [former, this.keys.version]);
    return { ...NOTHING_SEALED, ...row, done };
  }

  private async write(row: SealedPhone): Promise<boolean> {
    const phone = openPhone(this.keys, row);
    const key = this.keys.lookupKey('phone', phone.line);
    const { version, data } = this.keys.seal(phone.e164, key);
    const [written] = await this.database.query<{ done: boolean }>(RESEAL, [row.phone_key, key, data, version]);
    return written?.done === true;
  }
}
