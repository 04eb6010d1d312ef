import { Inject, Injectable, Logger } from '@nestjs/common';

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

interface UserRow extends SealedPhone {
  readonly id: string;
}

interface ResealedUser {
  readonly done: boolean;
  readonly kept: string | null;
  readonly merged: string | null;
}

const FIRST = '00000000-0000-0000-0000-000000000000';
const EXPORT = {
  name: 'export_user',
  text: `SELECT u.id, u.created_at AS "createdAt", phone_changed_at AS "phoneChangedAt",
      (SELECT coalesce(json_agg(json_build_object('id', s.id, 'client', s.client, 'createdAt', s.created_at, 'refreshedAt', s.refreshed_at,
          'endsAt', least(s.idle_at, s.expires_at), 'revokedAt', s.revoked_at, 'revokedBecause', s.revoked_because,
          'stepUps', (SELECT coalesce(json_agg(json_build_object('action', action, 'context', context, 'approvedAt', approved_at)), '[]')
            FROM step_ups WHERE session_id = s.id))
        ORDER BY s.created_at), '[]') FROM sessions AS s WHERE s.user_id = u.id) AS sessions
    FROM users AS u WHERE phone_key = ANY (phone_keys($1::bytea[])) ORDER BY u.created_at`,
};
const ERASE = { name: 'erase_user', text: 'SELECT erase_user($1::bytea[]) AS rows' };
const PURGE = { name: 'purge_logins', text: 'SELECT purge_logins($1, $2) AS rows' };
const FORMER = {
  name: 'former_users',
  text: 'SELECT id, phone_key, phone_sealed, key_version FROM users WHERE id > $1 AND key_version = $2 ORDER BY id LIMIT $3',
};
const RESEAL = { name: 'reseal_user', text: 'SELECT * FROM reseal_user($1, $2, $3, $4, $5)' };
const LEFT = {
  name: 'users_left',
  text: `SELECT count(*) FILTER (WHERE key_version = $1)::int AS left,
      count(*) FILTER (WHERE key_version IS DISTINCT FROM $1)::int AS unreadable FROM users WHERE key_version <> $2`,
};

/** Who logs in by a phone, with sessions and what was asked in them; and which addresses had codes sent to it. */
@Injectable()
export class AuthData extends PersonalData {
  readonly name = 'users';
  private readonly logger = new Logger('Users');

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

  /** After its verifications: whoever logs in by one that is gone is refused, whoever was before that is found here. */
  async erase(phone: PhoneNumber): Promise<number> {
    const [erased] = await this.database.query<{ rows: number }>(ERASE, [lookupKeysOf(this.keys, phone)]);
    return erased?.rows ?? 0;
  }

  /** Users stay: the number of days since a login says nothing about whether somebody will log in again. */
  async purge(batch: number): Promise<number> {
    const [purged] = await this.database.query<{ rows: number }>(PURGE, [batch, this.clock.databaseTime()]);
    return purged?.rows ?? 0;
  }

  async reseal(batch: number, tell: (done: number) => void): Promise<Resealed> {
    const former = this.keys.formerVersion;
    let done = 0;
    for (let after: string | undefined = FIRST; former !== null && after !== undefined; ) {
      const rows: UserRow[] = await this.database.query<UserRow>(FORMER, [after, former, batch]);
      let written = 0;
      // One at a time: each takes the one lock that all who give numbers to users take.
      for (const row of rows) if (await this.resealOne(row)) written++;
      done += written;
      tell(written);
      after = rows.at(-1)?.id;
    }
    const [row] = await this.database.query<Pick<Resealed, 'left' | 'unreadable'>>(LEFT, [former, this.keys.version]);
    return { ...NOTHING_SEALED, ...row, done };
  }

  private async resealOne(row: UserRow): Promise<boolean> {
    const phone = openPhone(this.keys, row);
    const key = this.keys.lookupKey('phone', phone.line);
    const { version, data } = this.keys.seal(phone.e164, key);
    const [written] = await this.database.query<ResealedUser>(RESEAL, [row.id, row.phone_key, key, data, version]);
    if (written?.merged)
      this.logger.warn(`security: user ${written.merged} had the number of user ${written.kept}, and is now that one`);
    return written?.done === true;
  }
}
