import { named, type Statement } from '../prisma/index.js';
import type { Dimension, Filter } from './asked.js';

/** Sums of one group. Big ones are text, as the database gives them. */
export interface SumRow {
  readonly provider?: string;
  readonly country?: string;
  readonly template?: string;
  readonly variant?: string;
  readonly channel?: string;
  readonly day?: string;
  readonly hour?: Date;
  readonly sent: string;
  readonly delivered: string;
  readonly approved: string;
  readonly cost: string;
  /** How many were delivered in a time of each class; see `latency_class`. */
  readonly latencies: readonly number[];
}

type SumParameters = Record<Filter, string | null> & { readonly from: Date; readonly to: Date; readonly most: number };

const EXPRESSION: Readonly<Record<Dimension, string>> = {
  ...{ provider: 'provider', country: 'country', template: 'template', variant: 'variant', channel: 'channel' },
  ...{ hour: 'hour', day: "to_char(hour AT TIME ZONE 'UTC', 'YYYY-MM-DD')" },
};

const CLASSES = 80;
/** One by one: arrays taken apart and put together again cost ten times as much. */
const LATENCIES = Array.from({ length: CLASSES }, (_, n) => `coalesce(sum(latencies[${n + 1}]), 0)::float8`).join(', ');

/** Of each combination of what is asked for: dimensions are words of ours, never of a caller. */
export function sumsBy(by: readonly Dimension[]) {
  const columns = by.map((dimension) => `${EXPRESSION[dimension]} AS "${dimension}", `).join('');
  const places = by.map((_, nth) => nth + 1).join(', ');
  return named<SumParameters>(
    `analytics_by_${by.join('_')}`,
    `SELECT ${columns}coalesce(sum(sent), 0)::text AS sent, coalesce(sum(delivered), 0)::text AS delivered,
        coalesce(sum(approved), 0)::text AS approved, coalesce(sum(cost_micros), 0)::text AS cost, ARRAY[${LATENCIES}] AS latencies
      FROM analytics_hours
      WHERE hour >= :from::timestamptz AND hour < :to::timestamptz AND (:provider::text IS NULL OR provider = :provider)
        AND (:country::text IS NULL OR country = :country) AND (:template::text IS NULL OR template = :template)
        AND (:variant::text IS NULL OR variant = :variant) AND (:channel::text IS NULL OR channel = :channel)
      ${by.length === 0 ? '' : `GROUP BY ${places} ORDER BY ${places}`} LIMIT :most::int`,
  );
}

/** Hours that are to be summed up, the newest first: those that are not yet, and those whose tries may have come further since. */
export interface DueRow {
  readonly hour: Date;
}

export interface DueParameters {
  readonly now: Date | null;
  /** After which nothing changes any more, or rows begin to be taken away. */
  readonly settled_secs: number;
  /** How old rows are at most. */
  readonly kept_secs: number;
  readonly most: number;
}

const NOW = 'coalesce(:now::timestamptz, clock_timestamp())';

export const DUE = named<DueParameters>(
  'analytics_due',
  `WITH span AS (
      SELECT now, date_trunc('hour', now - make_interval(secs => :kept_secs::int) + interval '1 hour', 'UTC') AS first
        FROM (SELECT ${NOW} AS now) AS clock
    )
    SELECT hour FROM span, generate_series(first, now, interval '1 hour') AS hour LEFT JOIN analytics_rolls AS r USING (hour)
      WHERE r.hour IS NULL
        -- Again after a minute until it is over, then after a tenth of the time since, and once more when it is settled.
        OR (r.rolled_at < r.hour + make_interval(secs => :settled_secs::int)
            AND (r.rolled_at < now - greatest(interval '55 seconds', (r.rolled_at - r.hour - interval '1 hour') / 10)
                 OR now >= r.hour + make_interval(secs => :settled_secs)))
      ORDER BY hour DESC LIMIT :most::int`,
);

/** An hour in which a batch of a hundred thousand went out takes its time. */
export const ROLL_UP: Statement = { name: 'roll_up_hour', text: 'SELECT roll_up_hour($1, $2)', longestMs: 60_000 };

export const FRESH: Statement = {
  name: 'analytics_counted_until',
  text: 'SELECT rolled_at AS at FROM analytics_rolls ORDER BY hour DESC LIMIT 1',
};

export const PURGE: readonly Statement[] = ['analytics_hours', 'analytics_rolls'].map((table) => ({
  name: `purge_${table}`,
  text: `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table}
      WHERE hour < coalesce($2::timestamptz, clock_timestamp()) - interval '400 days' LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
}));
