import { Inject, Injectable } from '@nestjs/common';

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
} from '../../kernel/index.js';
import { Database, type Statement } from '../../prisma/index.js';

interface SealedRow extends SealedPhone {
  readonly id: string;
  /** What it says. */
  readonly body_sealed: Uint8Array | null;
}

interface SealedText {
  readonly body_sealed: Uint8Array | null;
  readonly key_version: number;
}

const NOW = (parameter: number) => `coalesce($${parameter}::timestamptz, clock_timestamp())`;
const FIRST = '00000000-0000-0000-0000-000000000000';

const MESSAGES = {
  name: 'export_messages',
  text: `SELECT m.id, template, batch_id AS "batchId", batch_ref AS "batchRef", status::text, created_at AS "createdAt", body_sealed, key_version,
      (SELECT coalesce(json_agg(json_build_object('provider', a.provider, 'channel', a.channel, 'outcome', a.outcome, 'fault', a.fault,
          'report', a.report, 'startedAt', a.started_at, 'endedAt', a.ended_at, 'costMicros', a.cost_micros)
          ORDER BY a.started_at), '[]') FROM attempts AS a WHERE a.message_id = m.id) AS attempts
    FROM messages AS m WHERE verification_id IS NULL AND phone_key = ANY (phone_keys($1::bytea[])) ORDER BY created_at`,
};
const OPT_OUT = {
  name: 'export_opt_out',
  text: 'SELECT source, created_at AS "createdAt" FROM opt_outs WHERE phone_key = ANY (phone_keys($1::bytea[])) LIMIT 1',
};
const ERASE = { name: 'erase_messages', text: 'SELECT erase_messages($1::bytea[]) AS rows' };
const ERASE_OPT_OUT = { name: 'erase_opt_out', text: 'SELECT erase_opt_out($1::bytea[], $2) AS rows' };
const PURGE = {
  name: 'purge_messages',
  text: `WITH gone AS (DELETE FROM messages WHERE id = ANY (ARRAY(
    SELECT id FROM messages WHERE verification_id IS NULL AND created_at < ${NOW(3)} - make_interval(days => $1) AND expires_at < ${NOW(3)}
      AND coalesce(lease_until < ${NOW(3)} - interval '1 minute', true) ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id)
    SELECT count(*)::int AS rows, forget_webhooks(array_agg(id)) FROM gone`,
};
/** What nobody sends again: its time is over. What has ended for good was erased by the database itself. */
const ERASE_TEXTS = {
  name: 'erase_texts',
  text: `UPDATE messages SET body_sealed = NULL WHERE id = ANY (ARRAY(
    SELECT id FROM messages WHERE body_sealed IS NOT NULL AND expires_at < (SELECT ${NOW(2)}) AND lease_until IS NULL AND send_after IS NULL
      ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
};
/** Of texts, and of opt-outs of phones that no other row tells. Both are few, or short-lived. */
const FORMER = {
  name: 'former_messages',
  text: `SELECT id, phone_key, phone_sealed, key_version, body_sealed FROM messages
    WHERE id > $1 AND key_version = $2 AND verification_id IS NULL ORDER BY id LIMIT $3`,
};
const RESEAL = { name: 'reseal_message', text: 'SELECT reseal_message($1, $2, $3, $4, $5, $6) AS done' };
const FORMER_OPT_OUTS = {
  name: 'former_opt_outs',
  text: 'SELECT phone_key, phone_sealed, key_version FROM opt_outs WHERE phone_key > $1 AND key_version = $2 ORDER BY phone_key LIMIT $3',
};
const RESEAL_OPT_OUT = { name: 'reseal_opt_out', text: 'SELECT reseal_opt_out($1, $2, $3, $4) AS done' };
const LEFT = {
  name: 'messages_left',
  text: `SELECT count(*) FILTER (WHERE key_version = $1)::int AS left,
      count(*) FILTER (WHERE key_version IS DISTINCT FROM $1)::int AS unreadable,
      -- What is under the present secret beyond doubt was adopted, or stands beside a verification that is.
      (SELECT count(*)::int FROM opt_outs AS o WHERE phone_sealed IS NULL AND $1 IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM phone_aliases WHERE current = o.phone_key)
        AND NOT EXISTS (SELECT 1 FROM verifications AS v WHERE v.phone_key = o.phone_key AND v.key_version = $2)) AS stranded
    FROM (SELECT key_version FROM messages WHERE verification_id IS NULL
      UNION ALL SELECT key_version FROM opt_outs WHERE phone_sealed IS NOT NULL) AS sealed
    WHERE key_version <> $2`,
};

/** Texts that belong to no verification, and who asked for no more of any. */
@Injectable()
export class MessageData extends PersonalData {
  readonly name = 'messages';

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  async export(phone: PhoneNumber): Promise<unknown> {
    const keys = [lookupKeysOf(this.keys, phone)];
    const [optOut] = await this.database.query(OPT_OUT, keys);
    const texts = await this.database.query<SealedText & { readonly id: string }>(MESSAGES, keys);
    return { texts: texts.map((text) => this.readable(text)), optOut: optOut ?? null };
  }

  async erase(phone: PhoneNumber, { optOut }: EraseOptions): Promise<number> {
    const known = lookupKeysOf(this.keys, phone);
    const [texts] = await this.database.query<{ rows: number }>(ERASE, [known]);
    const [forgotten] = await this.database.query<{ rows: number }>(ERASE_OPT_OUT, [known, optOut]);
    return (texts?.rows ?? 0) + (forgotten?.rows ?? 0);
  }

  async purge(batch: number, days: number): Promise<number> {
    const [purged] = await this.database.query<{ rows: number }>(PURGE, [days, batch, this.clock.databaseTime()]);
    const texts = await this.database.query(ERASE_TEXTS, [batch, this.clock.databaseTime()]);
    return (purged?.rows ?? 0) + texts.length;
  }

  async reseal(batch: number, tell: (done: number) => void): Promise<Resealed> {
    const former = this.keys.formerVersion;
    let done = 0;
    const all = async <Row extends SealedPhone, Cursor>(
      first: Cursor,
      read: Statement,
      cursorOf: (row: Row) => Cursor,
      write: (row: Row) => Promise<boolean>,
    ) => {
      for (let after: Cursor | undefined = first; former !== null && after !== undefined; ) {
        const rows: Row[] = await this.database.query<Row>(read, [after, former, batch]);
        let written = 0;
        for (const row of rows) if (await write(row)) written++;
        done += written;
        tell(written);
        const last = rows.at(-1);
        after = last && cursorOf(last);
      }
    };
    await all<SealedRow, string>(
      FIRST,
      FORMER,
      ({ id }) => id,
      (row) => this.write(RESEAL, [row.id], row, [this.resealed(row)]),
    );
    await all<SealedPhone, Uint8Array>(
      Buffer.alloc(0),
      FORMER_OPT_OUTS,
      (row) => row.phone_key,
      (row) => this.write(RESEAL_OPT_OUT, [], row),
    );
    const [row] = await this.database.query<Pick<Resealed, 'left' | 'unreadable' | 'stranded'>>(LEFT, [
      former,
      this.keys.version,
    ]);
    return { ...NOTHING_SEALED, ...row, done };
  }

  /** What it says, as long as that is kept. */
  private readable({
    body_sealed: data,
    key_version: version,
    ...text
  }: SealedText & { readonly id: string }): unknown {
    if (!data) return text;
    return { ...text, content: JSON.parse(this.keys.open({ version, data }, Buffer.from(text.id))) as unknown };
  }

  private resealed({ id, key_version: version, body_sealed: data }: SealedRow): Uint8Array | null {
    return data && this.keys.seal(this.keys.open({ version, data }, Buffer.from(id)), Buffer.from(id)).data;
  }

  private async write(
    statement: Statement,
    id: readonly string[],
    row: SealedPhone,
    more: readonly unknown[] = [],
  ): Promise<boolean> {
    const phone = openPhone(this.keys, row);
    const key = this.keys.lookupKey('phone', phone.line);
    const { version, data } = this.keys.seal(phone.e164, key);
    const [written] = await this.database.query<{ done: boolean }>(statement, [
      ...id,
      row.phone_key,
      key,
      data,
      version,
      ...more,
    ]);
    return written?.done === true;
  }
}
