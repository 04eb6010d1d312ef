import type { Statement } from '../prisma/index.js';

const NOW = 'coalesce($1::timestamptz, clock_timestamp())';

export interface DayRow {
  readonly day: string;
  readonly held: string;
  readonly told_percent: number;
  readonly told_known_only: boolean;
}

export const DAY: Statement = {
  name: 'spend_day',
  text: `SELECT today.day::text, coalesce(held_micros, 0)::text AS held, coalesce(told_percent, 0) AS told_percent,
      coalesce(told_known_only, false) AS told_known_only
    FROM (SELECT utc_day(${NOW}) AS day) AS today LEFT JOIN spend_days USING (day)`,
};

/** A row for exactly one caller, whoever else looks; also on a day of which nothing fits, so that nothing is held of it. */
export const TELL_DAY: Statement = {
  name: 'tell_spend_day',
  text: `INSERT INTO spend_days AS d (day, held_micros, told_percent, told_known_only) VALUES ($1::date, 0, $2, $3)
    ON CONFLICT (day) DO UPDATE SET told_percent = greatest(d.told_percent, excluded.told_percent),
        told_known_only = d.told_known_only OR excluded.told_known_only
      WHERE d.told_percent < excluded.told_percent OR d.told_known_only < excluded.told_known_only
    RETURNING day`,
};

export interface HourRow {
  readonly hour: Date;
  readonly spent: string;
  readonly judged: number;
  readonly approved: number;
  /** The mean of the same hour on the last 14 days; null: too few of them are known. */
  readonly usual: string | null;
}

/**
 * Writes down what this hour cost so far, and the one that has just ended; one instance a minute. A verification is judged when
 * it is approved, or had five minutes.
 */
export const ROLL_UP: Statement = {
  name: 'roll_up_spend',
  text: `WITH now AS (SELECT ${NOW} AS at), hours AS (
      SELECT DISTINCT date_trunc('hour', moment, 'UTC') AS hour, at FROM now, unnest(ARRAY[at, at - interval '10 minutes']) AS moment
    ), stale AS (
      SELECT hour, at FROM hours WHERE NOT EXISTS (
        SELECT 1 FROM spend_hours AS known WHERE known.hour = hours.hour AND known.updated_at > at - interval '50 seconds')
    ), rolled AS (
      INSERT INTO spend_hours (hour, spent_micros, texts, judged, approved, updated_at)
        SELECT hour, coalesce(sum(cost_micros), 0) + (SELECT coalesce(sum(e.cost_micros), 0) FROM spend_erased AS e WHERE e.hour = stale.hour),
            count(cost_micros) + (SELECT coalesce(sum(e.texts), 0) FROM spend_erased AS e WHERE e.hour = stale.hour),
            count(DISTINCT v.id) FILTER (WHERE v.status = 'approved' OR v.created_at < at - interval '5 minutes'),
            count(DISTINCT v.id) FILTER (WHERE v.status = 'approved'), at
          FROM stale LEFT JOIN attempts AS a ON a.started_at >= hour AND a.started_at < hour + interval '1 hour'
            LEFT JOIN messages AS m ON m.id = a.message_id LEFT JOIN verifications AS v ON v.id = m.verification_id
          GROUP BY hour, at
        ON CONFLICT (hour) DO UPDATE SET spent_micros = excluded.spent_micros, texts = excluded.texts, judged = excluded.judged,
          approved = excluded.approved, updated_at = excluded.updated_at
        RETURNING *
    )
    SELECT hour, spent_micros::text AS spent, judged, approved, (
        SELECT avg(before.spent_micros)::bigint::text FROM spend_hours AS before
          WHERE before.hour = ANY (ARRAY(SELECT rolled.hour - make_interval(days => n) FROM generate_series(1, 14) AS n))
          HAVING count(*) >= 3
      ) AS usual FROM rolled WHERE told_at IS NULL`,
};

export const TELL_HOUR: Statement = {
  name: 'tell_spend_hour',
  text: 'UPDATE spend_hours SET told_at = coalesce($2::timestamptz, clock_timestamp()) WHERE hour = $1 AND told_at IS NULL RETURNING hour',
};

/** A row for whoever is to ask that provider now: one instance every ten minutes. */
export const CLAIM_BALANCE: Statement = {
  name: 'claim_balance',
  text: `INSERT INTO provider_balances AS b (provider, asked_at) VALUES ($2, ${NOW})
    ON CONFLICT (provider) DO UPDATE SET asked_at = excluded.asked_at WHERE b.asked_at <= excluded.asked_at - interval '10 minutes'
    RETURNING provider`,
};

/** A row when that changed. */
export const SET_LOW: Statement = {
  name: 'set_low_balance',
  text: 'UPDATE provider_balances SET is_low = $2 WHERE provider = $1 AND is_low <> $2 RETURNING provider',
};

export interface PartRow {
  readonly provider: string;
  readonly channel: string;
  readonly country: string | null;
  readonly hour: Date;
  readonly texts: number;
  readonly micros: string;
}

/** What was booked of a day's budget, with what was erased meanwhile. What a day reserves is begun within an hour of it. */
export const PARTS: Statement = {
  name: 'spend_parts',
  text: `SELECT provider, channel, country, hour, sum(texts)::int AS texts, sum(micros)::text AS micros FROM (
      SELECT a.provider, a.channel, m.country, date_trunc('hour', a.started_at, 'UTC') AS hour, count(*) AS texts, sum(a.cost_micros) AS micros
        FROM attempts AS a JOIN messages AS m ON m.id = a.message_id
        WHERE a.started_at >= ($1::date::timestamp AT TIME ZONE 'UTC') - interval '1 hour'
          AND a.spend_day = $1::date AND a.cost_micros IS NOT NULL
        GROUP BY 1, 2, 3, 4
      UNION ALL SELECT provider, channel, nullif(country, ''), hour, texts, cost_micros FROM spend_erased WHERE day = $1::date
    ) AS parts GROUP BY 1, 2, 3, 4 ORDER BY 4, 1, 2, 3`,
};
