import { named } from '../../prisma/index.js';

interface Moment {
  /** Null: the database's clock. */
  readonly now: Date | null;
}

/** Stable, unlike the clock, so that the planner knows how little is asked for. */
const NOW = 'coalesce(:now::timestamptz, now())';

export interface MinuteRow {
  readonly at: Date;
  readonly accepted: number;
  readonly failed: number;
}

/** Of the tries since then, by the minute in which they began. */
export const MINUTES = named<Moment & { readonly minutes: number }>(
  'sends_by_minute',
  `SELECT date_trunc('minute', started_at) AS at, count(*) FILTER (WHERE outcome = 'accepted')::int AS accepted,
      count(*) FILTER (WHERE outcome IN ('not_sent', 'permanent', 'unknown'))::int AS failed
    FROM attempts WHERE started_at >= date_trunc('minute', ${NOW}) - make_interval(mins => :minutes::int) GROUP BY 1`,
);

export interface VerificationsRow {
  readonly started: number;
  readonly approved: number;
}

/** Without those of test numbers, which alone have nothing to wait for before they are sent again. */
export const VERIFICATIONS = named<Moment>(
  'verifications_now',
  `SELECT count(*)::int AS started, count(*) FILTER (WHERE status = 'approved')::int AS approved
    FROM verifications WHERE created_at > ${NOW} - interval '1 hour' AND next_send_at > created_at`,
);

export interface MomentRow {
  readonly at: Date;
  readonly last_minute: number;
  readonly day: string;
  readonly held: string;
  readonly reserved: string;
  readonly waiting: number;
  readonly oldest_secs: number | null;
}

/**
 * What is held of the day's budget, and what of it is for tries to come: that of texts which somebody is to look at again. The
 * others wait for nobody, so whatever has a lease is all there is to read.
 */
export const MOMENT = named<Moment>(
  'console_moment',
  `WITH today AS (SELECT ${NOW} AS at, utc_day(${NOW}) AS day), due AS (
      SELECT count(*) FILTER (WHERE status = 'queued' OR (status = 'sending' AND lease_until < today.at))::int AS waiting,
          min(created_at) FILTER (WHERE status = 'queued' OR (status = 'sending' AND lease_until < today.at)) AS oldest,
          coalesce(sum(reserved_micros) FILTER (WHERE is_held AND spend_day = today.day), 0)::text AS reserved
        FROM messages, today WHERE lease_until IS NOT NULL
    )
    SELECT today.at, today.day::text, coalesce((SELECT held_micros FROM spend_days WHERE spend_days.day = today.day), 0)::text AS held,
        due.reserved, due.waiting, greatest(extract(epoch FROM today.at - due.oldest), 0)::float8 AS oldest_secs,
        (SELECT count(*)::int FROM attempts WHERE started_at > ${NOW} - interval '1 minute') AS last_minute
      FROM today, due`,
);
