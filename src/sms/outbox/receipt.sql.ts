import { named, rowsOf } from '../../prisma/index.js';

const AT = 'coalesce(:at::timestamptz, clock_timestamp())';

export interface AcceptParameters {
  readonly id: string;
  /** Which claim of the message is the caller's. */
  readonly turn: number;
  readonly attempt_id: string;
  readonly provider_message_id: string;
  /** After which it is looked at again if no report has come; null: never. */
  readonly again_ms: number | null;
  /** Whether the disk may hear of it later. */
  readonly may_be_late: boolean;
  readonly at: Date | null;
}

/**
 * What `record_dispatch` does when a provider simply took the text, as one plain statement: its price is booked, and what
 * was reserved beyond it released. No row when there is more to it: any report takes its message further than `sending`, and
 * whoever claims it takes a turn. Its commit may wait for no disk: docs/decisions/0016.
 */
export const ACCEPT = named<AcceptParameters>(
  'record_dispatch',
  `WITH message AS (
      UPDATE messages SET status = 'accepted', updated_at = ${AT}, lease_until = ${AT} + make_interval(secs => :again_ms::int / 1000.0),
          is_held = false
        WHERE id = :id::uuid AND status = 'sending' AND NOT followed_up AND turn = :turn::int AND is_held
        RETURNING id, phone_key, created_at, updated_at, reserved_micros, spend_day
    ), attempt AS (
      UPDATE attempts SET outcome = 'accepted', provider_message_id = :provider_message_id, ended_at = updated_at,
          cost_micros = price_micros
        FROM message WHERE attempts.id = :attempt_id::uuid AND message_id = message.id
        RETURNING message.spend_day AS day, message.reserved_micros - attempts.price_micros AS rest
    ), hit AS (
      UPDATE limit_windows SET hits = CASE hits[cardinality(hits)]
          WHEN created_at THEN hits[: cardinality(hits) - 1] || updated_at
          ELSE ARRAY(SELECT hit FROM unnest(array_replace(hits, created_at, updated_at)) AS hit ORDER BY hit) END
        FROM message WHERE key = key_now(phone_key)
        RETURNING 1
    ), spend AS (
      UPDATE spend_days SET held_micros = held_micros - rest
        FROM attempt LEFT JOIN hit ON true -- after the window, as everybody locks them
        WHERE spend_days.day = attempt.day AND rest <> 0
    )
    SELECT key_now(phone_key) AS phone_key, created_at AS hit_at, updated_at AS moved_to,
           CASE WHEN :may_be_late::boolean THEN set_config('synchronous_commit', 'off', true) END FROM message`,
);

/** As many as one statement takes: its rows are there whether they are needed or not. */
export const MOST_TOGETHER = 16;

export interface AcceptAllParameters {
  readonly ids: readonly string[];
  readonly turns: readonly number[];
  readonly attempt_ids: readonly string[];
  readonly provider_message_ids: readonly string[];
  readonly again_ms: readonly (number | null)[];
  readonly may_be_late: boolean;
  readonly at: Date | null;
}

const IS_OURS = `m.status = 'sending' AND NOT m.followed_up AND m.turn = told.turn AND m.is_held`;

/**
 * `ACCEPT` of many at once: rows for those only that it would have one for. Messages are locked in order, then windows, each once
 * whatever number of its texts there are, then the day, as everybody locks them.
 */
export const ACCEPT_ALL = named<AcceptAllParameters>(
  'record_dispatches',
  `WITH now AS MATERIALIZED (SELECT ${AT} AS at), told AS (
      SELECT * FROM ${rowsOf(MOST_TOGETHER, ':ids::uuid[]', ':turns::int[]', ':attempt_ids::uuid[]', ':provider_message_ids::text[]', ':again_ms::int[]')}
        AS t(n, id, turn, attempt_id, provider_message_id, again_ms) WHERE id IS NOT NULL
    ), ours AS (
      SELECT told.*, now.at FROM told JOIN messages AS m ON m.id = told.id, now WHERE ${IS_OURS} ORDER BY m.id FOR NO KEY UPDATE OF m
    ), message AS (
      UPDATE messages AS m SET status = 'accepted', updated_at = told.at, is_held = false,
          lease_until = told.at + make_interval(secs => told.again_ms / 1000.0)
        FROM ours AS told WHERE m.id = told.id AND ${IS_OURS}
        RETURNING m.id, key_now(m.phone_key) AS phone_key, m.created_at, told.at, m.reserved_micros, m.spend_day,
          told.attempt_id, told.provider_message_id
    ), attempt AS (
      UPDATE attempts AS a SET outcome = 'accepted', provider_message_id = message.provider_message_id, ended_at = message.at,
          cost_micros = a.price_micros
        FROM message WHERE a.id = message.attempt_id AND a.message_id = message.id
        RETURNING message.spend_day AS day, message.reserved_micros - a.price_micros AS rest
    ), move AS (
      SELECT w.key, m.hits, m.at FROM (SELECT phone_key AS key, array_agg(created_at) AS hits, at FROM message GROUP BY phone_key, at) AS m
        JOIN limit_windows AS w ON w.key = m.key ORDER BY w.key FOR NO KEY UPDATE OF w
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
    SELECT id, phone_key, created_at AS hit_at, at AS moved_to,
           CASE WHEN :may_be_late::boolean THEN set_config('synchronous_commit', 'off', true) END FROM message`,
);
