import { Inject, Injectable } from '@nestjs/common';

import { SendGuard } from '../fraud/index.js';
import {
  Clock,
  KeyRing,
  lookupKeysOf,
  NOTHING_SEALED,
  openPhone,
  PersonalData,
  type EraseOptions,
  type PhoneNumber,
  type Resealed,
  type SealedPhone,
} from '../kernel/index.js';
import { SendWindows } from '../limits/index.js';
import { Database } from '../prisma/index.js';

interface SealedRow extends SealedPhone {
  readonly id: string;
}

const NOW = (parameter: number) => `coalesce($${parameter}::timestamptz, clock_timestamp())`;
const FIRST = '00000000-0000-0000-0000-000000000000';
/** Statements at a time: a row is one statement, which takes one phone's locks. */
const AT_ONCE = 8;

const EXPORT = {
  name: 'export_verifications',
  text: `SELECT v.id, purpose, channel, locale, checks, sends, created_at AS "createdAt", expires_at AS "expiresAt", ended_at AS "endedAt",
      CASE WHEN status = 'pending' AND expires_at <= ${NOW(2)} THEN 'expired' ELSE status::text END AS status,
      (SELECT coalesce(json_agg(json_build_object('id', m.id, 'status', m.status, 'createdAt', m.created_at,
          'attempts', (SELECT coalesce(json_agg(json_build_object('provider', a.provider, 'channel', a.channel, 'outcome', a.outcome, 'fault', a.fault,
              'report', a.report, 'startedAt', a.started_at, 'endedAt', a.ended_at, 'costMicros', a.cost_micros)
              ORDER BY a.started_at), '[]') FROM attempts AS a WHERE a.message_id = m.id))
          ORDER BY m.created_at), '[]') FROM messages AS m WHERE m.verification_id = v.id) AS messages
    FROM verifications AS v WHERE phone_key = ANY (phone_keys($1::bytea[])) ORDER BY created_at`,
};
const ERASE = { name: 'erase_verifications', text: 'SELECT erase_verifications($1::bytea[]) AS rows' };
const PURGE = { name: 'purge_verifications', text: 'SELECT purge_verifications($1, $2, $3) AS rows' };
const FORMER = {
  name: 'former_verifications',
  text: `SELECT id, phone_key, phone_sealed, key_version FROM verifications
    WHERE id > $1 AND key_version = $2 AND (status <> 'pending' OR expires_at <= ${NOW(4)}) ORDER BY id LIMIT $3`,
};
const RESEAL = { name: 'reseal_verification', text: 'SELECT reseal_verification($1, $2, $3, $4, $5, $6) AS done' };
const LEFT = {
  name: 'verifications_left',
  text: `SELECT count(*) FILTER (WHERE key_version = $1)::int AS left,
      count(*) FILTER (WHERE key_version IS DISTINCT FROM $1)::int AS unreadable,
      max(expires_at) FILTER (WHERE key_version = $1 AND status = 'pending') AS until
    FROM verifications WHERE key_version <> $2`,
};

/** Verifications, with their texts, tries, and the answers that are kept for who asks again. */
@Injectable()
export class VerificationData extends PersonalData {
  readonly name = 'verifications';

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly windows: SendWindows,
    private readonly guard: SendGuard,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  export(phone: PhoneNumber): Promise<unknown> {
    return this.database.query(EXPORT, [lookupKeysOf(this.keys, phone), this.clock.databaseTime()]);
  }

  async erase(phone: PhoneNumber, _options: EraseOptions): Promise<number> {
    const [erased] = await this.database.query<{ rows: number }>(ERASE, [lookupKeysOf(this.keys, phone)]);
    return erased?.rows ?? 0;
  }

  async purge(batch: number, days: number): Promise<number> {
    const [purged] = await this.database.query<{ rows: number }>(PURGE, [days, batch, this.clock.databaseTime()]);
    return purged?.rows ?? 0;
  }

  /** An open one has its code from the secret that it was started under, so it is left until it is over. */
  async reseal(batch: number, tell: (done: number) => void): Promise<Resealed> {
    const former = this.keys.formerVersion;
    let done = 0;
    for (let after: string | undefined = FIRST; former !== null && after !== undefined; ) {
      const rows: SealedRow[] = await this.read(after, former, batch);
      let written = 0;
      const waiting = [...rows];
      const work = async () => {
        for (let row = waiting.shift(); row; row = waiting.shift()) if (await this.resealOne(row)) written++;
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      done += written;
      tell(written);
      after = rows.at(-1)?.id;
    }
    const [row] = await this.database.query<Omit<Resealed, 'done' | 'stranded'>>(LEFT, [former, this.keys.version]);
    return { ...NOTHING_SEALED, ...row, done };
  }

  private read(after: string, former: number, batch: number): Promise<SealedRow[]> {
    return this.database.query<SealedRow>(FORMER, [after, former, batch, this.clock.databaseTime()]);
  }

  private async resealOne(row: SealedRow): Promise<boolean> {
    const phone = openPhone(this.keys, row);
    const key = this.keys.lookupKey('phone', phone.line);
    const { version, data } = this.keys.seal(phone.e164, key);
    const values = [row.id, row.phone_key, key, data, version, this.clock.databaseTime()];
    const [written] = await this.database.query<{ done: boolean }>(RESEAL, values);
    if (written?.done !== true) return false;
    await this.windows.adopt(key, row.phone_key);
    await this.guard.adopt(phone);
    return true;
  }
}
