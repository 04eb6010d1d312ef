import type { SealedPhone } from '../kernel/index.js';
import { named, type Statement } from '../prisma/index.js';
import type { Channel } from '../sms/index.js';
import { NOW } from './batch.sql.js';

export interface TakenRow extends SealedPhone {
  readonly id: string;
  readonly turn: number;
  readonly template: string;
  readonly locale: string | null;
  readonly channel: Channel;
  /** MCC and MNC, as a lookup told them. */
  readonly network: string | null;
  readonly body_sealed: Uint8Array | null;
}

/** Rows whose turn it is, kept from other instances for `$3` ms, in which they are begun or left. */
export const TAKE: Statement = {
  name: 'take_batch_rows',
  text: `WITH due AS (
      SELECT id FROM messages WHERE batch_id = $1 AND send_after <= ${NOW('$4')} ORDER BY send_after LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    UPDATE messages AS m SET turn = turn + 1, send_after = ${NOW('$4')} + make_interval(secs => $3::int / 1000.0)
      FROM due WHERE m.id = due.id
      RETURNING m.id, m.turn, m.phone_key, m.phone_sealed, m.key_version, m.template, m.locale, m.channel, m.body_sealed,
        network_of(m.phone_key) AS network`,
};

/** Not now: they wait for so many ms. */
export const LEAVE: Statement = {
  name: 'leave_batch_rows',
  text: `UPDATE messages AS m SET send_after = ${NOW('$4')} + make_interval(secs => $3::int / 1000.0)
    FROM unnest($1::uuid[], $2::int[]) AS t(id, turn) WHERE m.id = t.id AND m.turn = t.turn AND m.send_after IS NOT NULL`,
};

/** They end unsent. */
export const FAIL: Statement = {
  name: 'fail_batch_rows',
  text: `UPDATE messages AS m SET status = 'failed', stopped_by = t.why, send_after = NULL, updated_at = now.at
    FROM unnest($1::uuid[], $2::int[], $3::text[]) AS t(id, turn, why), ${NOW('$4')} AS now(at)
    WHERE m.id = t.id AND m.turn = t.turn AND m.send_after IS NOT NULL`,
};

export interface BeginParameters {
  readonly batch: string;
  readonly ids: readonly string[];
  readonly turns: readonly number[];
  readonly attempts: readonly string[];
  readonly providers: readonly string[];
  readonly channels: readonly string[];
  readonly senders: readonly (string | null)[];
  readonly routes: readonly (string | null)[];
  readonly paces: readonly number[];
  readonly locales: readonly string[];
  readonly versions: readonly (number | null)[];
  readonly variants: readonly (string | null)[];
  readonly prices: readonly number[];
  readonly needs: readonly number[];
  readonly lease_ms: number;
  readonly valid_secs: number;
  readonly quotas: readonly number[] | null;
  readonly secs: readonly number[];
  readonly cap: number;
  readonly kept: number;
  readonly at: Date | null;
}

export interface BegunRow {
  readonly id: string;
  readonly state: 'begun' | 'lost' | 'stopped' | 'expired' | 'opted_out' | 'paced' | 'limited' | 'cost';
  readonly wait_ms: number;
}

export const BEGIN = named<BeginParameters>(
  'begin_batch',
  `SELECT * FROM begin_batch(:batch, :ids, :turns, :attempts, :providers, :channels, :senders, :routes, :paces, :locales, :versions,
    :variants, :prices, :needs, :lease_ms, :valid_secs, :quotas, :secs, :cap, :kept, :at)`,
);

export const ADOPT_PHONE: Statement = { name: 'adopt_phone', text: 'SELECT adopt_phone($1, $2)' };
