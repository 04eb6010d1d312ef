import { named } from '../../prisma/index.js';

export interface CountryRow {
  readonly country: string;
  readonly started: number;
  readonly approved: number;
  readonly blocked: number;
  readonly cost: string;
}

const SINCE = `coalesce(:now::timestamptz, now()) - interval '1 day'`;

/** Every start has its decision, under its id; every send that was refused has one of its own. */
export const COUNTRIES = named<{ readonly now: Date | null }>(
  'console_countries',
  `WITH begun AS (
      SELECT d.country, count(v.id)::int AS started, count(*) FILTER (WHERE v.status = 'approved')::int AS approved,
          count(*) FILTER (WHERE d.refused)::int AS blocked
        FROM send_decisions AS d LEFT JOIN verifications AS v ON v.id = d.id AND NOT d.refused AND NOT d.resend
        WHERE d.at > ${SINCE} GROUP BY d.country
    ), costs AS (
      SELECT coalesce(m.country, 'ZZ') AS country, sum(a.cost_micros)::bigint AS cost
        FROM attempts AS a JOIN messages AS m ON m.id = a.message_id
        WHERE a.started_at > ${SINCE} AND a.cost_micros IS NOT NULL GROUP BY 1
    )
    SELECT country, coalesce(started, 0) AS started, coalesce(approved, 0) AS approved, coalesce(blocked, 0) AS blocked,
        coalesce(cost, 0)::text AS cost
      FROM begun FULL JOIN costs USING (country)`,
);
