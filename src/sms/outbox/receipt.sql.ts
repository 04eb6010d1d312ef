import { named, recordsOf } from '../../prisma/index.js';

/** A provider took a text. */
export interface Receipt {
  /** Of its message. */
  readonly id: string;
  /** Which claim of the message is the caller's. */
  readonly turn: number;
  readonly attempt_id: string;
  readonly provider_message_id: string;
  /** After which it is looked at again if no report has come; null: never. */
  readonly again_ms: number | null;
}

export interface AcceptParameters {
  /** As `recordsIn` has them. */
  readonly receipts: string;
  /** Whether the disk may hear of it later. */
  readonly may_be_late: boolean;
  readonly at: Date | null;
}

const COLUMNS = { id: 'uuid', turn: 'int', attempt_id: 'uuid', provider_message_id: 'text', again_ms: 'int' };

/**
 * What `record_dispatch` does when a provider simply took the text, of any number of them: its price is booked, and what
 * was reserved beyond it released. No row of that to which there is more: any report takes its message further than `sending`, and
 * whoever claims it takes a turn. Messages are locked in order, then windows, each once whatever number of its texts there are,
 * then the day, as everybody locks them. Its commit may wait for no disk: docs/decisions/0016.
 */
export const ACCEPT = named<AcceptParameters>(
  'record_dispatch',
  `WITH now AS MATERIALIZED (SELECT coalesce(:at::timestamptz, clock_timestamp()) AS at), ours AS (
      SELECT given.*, now.at FROM now, ${recordsOf<Receipt>('receipts', COLUMNS, 'id')} CROSS JOIN LATERAL (
        SELECT FROM messages AS m WHERE m.id = given.id AND status = 'sending' AND NOT followed_up AND m.turn = given.turn AND is_held
          FOR NO KEY UPDATE) AS m
    ), message AS (
      UPDATE messages AS m SET status = 'accepted', updated_at = ours.at, is_held = false,
          lease_until = ours.at + make_interval(secs => ours.again_ms / 1000.0)
        FROM ours WHERE m.id = ours.id
        RETURNING n, key_now(m.phone_key) AS phone_key, m.created_at, ours.at, m.reserved_micros, m.spend_day,
          m.id, ours.attempt_id, ours.provider_message_id
    ), attempt AS (
      UPDATE attempts AS a SET outcome = 'accepted', provider_message_id = message.provider_message_id, ended_at = message.at,
          cost_micros = a.price_micros
        FROM message WHERE a.id = message.attempt_id AND a.message_id = message.id
        RETURNING message.spend_day AS day, message.reserved_micros - a.price_micros AS rest
    ), move AS (
      SELECT m.* FROM (SELECT phone_key AS key, array_agg(created_at) AS hits, at FROM message GROUP BY phone_key, at ORDER BY 1) AS m
        CROSS JOIN LATERAL (SELECT FROM limit_windows AS w WHERE w.key = m.key FOR NO KEY UPDATE) AS w
    ), hit AS (
      UPDATE limit_windows AS w SET hits = ARRAY(
          SELECT CASE WHEN hit = ANY (move.hits) THEN move.at ELSE hit END AS hit FROM unnest(w.hits) AS hit ORDER BY 1)
        FROM move WHERE w.key = move.key
        RETURNING 1
    ), spend AS (
      UPDATE spend_days AS d SET held_micros = d.held_micros - over.rest
        FROM (SELECT day, sum(rest)::bigint AS rest FROM attempt, (SELECT count(*) FROM hit) AS after GROUP BY day ORDER BY day) AS over
        WHERE d.day = over.day AND over.rest <> 0
    )
    SELECT n, phone_key, created_at AS hit_at, at AS moved_to,
           CASE WHEN :may_be_late::boolean THEN set_config('synchronous_commit', 'off', true) END FROM message`,
);
