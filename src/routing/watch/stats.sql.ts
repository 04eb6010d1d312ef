import { named } from '../../prisma/index.js';

interface At {
  /** As a test gives it; null is the server's clock. */
  readonly at: Date | null;
}

const NOW = 'coalesce(:at::timestamptz, clock_timestamp())';
const BUCKET_SECS = 600;
const bucketOf = (time: string) => `to_timestamp(floor(extract(epoch FROM ${time}) / ${BUCKET_SECS}) * ${BUCKET_SECS})`;

/** Buckets of the last quarter of an hour are counted anew each time: approvals and reports come late. */
const UNSETTLED = "interval '15 minutes'";
/** What is caught up with after nobody counted for a while: what is older would count less than half. */
const CAUGHT_UP = "interval '6 hours'";
/** A person had the time to enter the code. */
const JUDGED_AFTER = "interval '3 minutes'";
/** Whoever pumps texts through one phone, or through a block of ten thousand numbers, weighs no more than that. */
const ONE_PHONE_PER = "interval '1 hour'";
const MOST_OF_A_BLOCK = 5;
/** The third of a decision's keys: the number without its last four digits. */
const BLOCK = 'd.keys[3]';
const LONGEST_LATENCY_MS = 600_000;

const COUNTS = 'tries, accepted, judged, approved, reported, delivered, latency_ms, billed, cost_micros';
const KEPT = COUNTS.split(', ')
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');

/**
 * Counts first tries into their buckets; again is as good as once. A verification is judged by the first try of its first text:
 * approved counts for that provider, unless another's text was out, too. The caps on phones and blocks choose by time over all
 * providers, not by provider, so that they take from each what it carried.
 */
export const ROLL_UP = {
  longestMs: 60_000, // for what is caught up with
  ...named<At>(
    'roll_up_routes',
    `WITH span AS MATERIALIZED (
      SELECT at, ${bucketOf(`greatest(least(at - ${UNSETTLED}, last), at - ${CAUGHT_UP})`)} AS since
        FROM (SELECT ${NOW} AS at) AS now, (SELECT coalesce(max(bucket), '-infinity') AS last FROM route_stats) AS known
    ), first AS MATERIALIZED (
      SELECT a.id, a.provider, a.channel, a.outcome, a.started_at, a.report, a.report_curable, a.cost_micros, m.verification_id,
          m.created_at, coalesce(m.country, '') AS country, coalesce(network_of(m.phone_key), '') AS network,
          ${bucketOf('a.started_at')} AS bucket,
          CASE WHEN a.report = 'delivered' AND m.status = 'delivered'
            THEN least(greatest(extract(epoch FROM m.updated_at - a.started_at) * 1000, 0), ${LONGEST_LATENCY_MS}) END AS latency_ms
        FROM attempts AS a JOIN messages AS m ON m.id = a.message_id
        WHERE a.started_at >= (SELECT since FROM span) AND a.started_at <= (SELECT at FROM span)
          AND a.route IS DISTINCT FROM 'failover' AND NOT a.follow_up AND a.outcome <> 'permanent'
          AND NOT EXISTS (SELECT 1 FROM attempts AS e WHERE e.message_id = a.message_id AND e.started_at < a.started_at)
    ), judged AS (
      SELECT first.*, v.converted, row_number() OVER (PARTITION BY bucket, converted IS NULL, block ORDER BY started_at, id) AS nth
        FROM first LEFT JOIN LATERAL (
          SELECT coalesce(${BLOCK}, uuid_send(v.id)) AS block, v.status = 'approved' AND NOT EXISTS (
              SELECT 1 FROM messages AS om JOIN attempts AS o ON o.message_id = om.id
                WHERE om.verification_id = v.id AND o.provider <> first.provider AND o.outcome IN ('accepted', 'unknown')) AS converted
            FROM verifications AS v LEFT JOIN send_decisions AS d ON d.id = v.id
            WHERE v.id = first.verification_id AND v.created_at = first.created_at AND v.status <> 'canceled'
              AND first.started_at <= (SELECT at FROM span) - ${JUDGED_AFTER}
              AND NOT EXISTS (SELECT 1 FROM verifications AS p WHERE p.phone_key = v.phone_key
                AND p.created_at < v.created_at AND p.created_at > v.created_at - ${ONE_PHONE_PER})
        ) AS v ON true
    )
    INSERT INTO route_stats (bucket, country, network, channel, provider, ${COUNTS})
      SELECT bucket, country, network, channel, provider, count(*), count(*) FILTER (WHERE outcome = 'accepted'),
          count(converted) FILTER (WHERE nth <= ${MOST_OF_A_BLOCK}), count(*) FILTER (WHERE converted AND nth <= ${MOST_OF_A_BLOCK}),
          count(*) FILTER (WHERE reporter IS NOT NULL AND (report = 'delivered' OR
            (report IN ('undelivered', 'failed') AND report_curable IS DISTINCT FROM false))),
          count(*) FILTER (WHERE reporter IS NOT NULL AND report = 'delivered'),
          coalesce(sum(latency_ms) FILTER (WHERE reporter IS NOT NULL), 0)::bigint,
          count(cost_micros), coalesce(sum(cost_micros), 0)
        FROM judged LEFT JOIN LATERAL (SELECT s.provider AS reporter FROM report_sources AS s WHERE s.provider = judged.provider
            AND s.silent < 5 AND s.last_at > (SELECT at FROM span) - interval '1 day') AS reporting ON true
        GROUP BY 1, 2, 3, 4, 5
      ON CONFLICT (bucket, country, network, channel, provider) DO UPDATE SET ${KEPT}`,
  ),
};

export interface StatRow {
  readonly country: string;
  readonly network: string;
  readonly channel: string;
  readonly provider: string;
  readonly tries: number;
  readonly accepted: number;
  readonly judged: number;
  readonly approved: number;
  readonly reported: number;
  readonly delivered: number;
  readonly latency_ms: number;
  readonly billed: number;
  readonly cost_micros: number;
}

/** Half of what was measured is forgotten in that time. */
export const HALF_LIFE_SECS = 21_600;
const SUMS = COUNTS.split(', ')
  .map((column) => `sum(${column} * weight)::float8 AS ${column}`)
  .join(', ');

/** What all instances learn from. After two days 1/256 of it is left: older is not read. */
export const LEARNED = named<At>(
  'learned_routes',
  `SELECT country, network, channel, provider, ${SUMS}
    FROM (SELECT *, power(0.5, greatest(extract(epoch FROM now.at - bucket), 0) / ${HALF_LIFE_SECS})::float8 AS weight
      FROM route_stats, (SELECT ${NOW} AS at) AS now WHERE bucket > now.at - interval '2 days') AS weighed
    GROUP BY 1, 2, 3, 4`,
);

/** Old counts go. */
export const FORGET = named<At>(
  'forget_routes',
  `WITH stats AS (DELETE FROM route_stats WHERE bucket < ${NOW} - interval '3 days')
    DELETE FROM route_shadows WHERE hour < ${NOW} - interval '14 days'`,
);

interface Shadows extends At {
  /** JSON: [{country, network, channel, asked, chosen, count}]. */
  readonly counts: string;
}

export const ADD_SHADOWS = named<Shadows>(
  'add_route_shadows',
  `INSERT INTO route_shadows AS s (hour, country, network, channel, asked, chosen, texts)
    SELECT date_trunc('hour', ${NOW}, 'UTC'), country, network, channel, asked, chosen, count
      FROM jsonb_to_recordset(:counts::jsonb) AS c(country text, network text, channel text, asked text, chosen text, count int)
      ORDER BY country, network, channel, asked, chosen
    ON CONFLICT (hour, country, network, channel, asked, chosen) DO UPDATE SET texts = s.texts + excluded.texts`,
);

/** A row for the one instance that counts now. */
