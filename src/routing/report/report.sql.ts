import { named, type Statement } from '../../prisma/index.js';

interface At {
  readonly at: Date | null;
}

const NOW = 'coalesce(:at::timestamptz, clock_timestamp())';

export interface RecentRow {
  readonly provider: string;
  readonly tries: number;
  readonly failed: number;
}

/** How providers did in the last five minutes, at whichever instance. */
export const RECENT = named<At>(
  'recent_tries',
  `SELECT provider, count(*)::int AS tries, count(*) FILTER (WHERE outcome IN ('not_sent', 'unknown'))::int AS failed
    FROM attempts WHERE started_at > ${NOW} - interval '5 minutes' AND outcome <> 'pending' GROUP BY 1`,
);

export interface ShadowRow {
  readonly asked: string;
  readonly chosen: string;
  readonly count: number;
  readonly since: Date;
}

interface Place extends At {
  readonly country: string;
  readonly network: string;
  readonly channel: string;
}

/** What the shadow chose there in the last seven days; of any network where none is named. */
export const SHADOWS = named<Place>(
  'route_shadows',
  `SELECT asked, chosen, sum(texts)::int AS count, min(hour) AS since FROM route_shadows
    WHERE country = :country::text AND channel = :channel::text AND (:network::text = '' OR network = :network)
      AND hour > ${NOW} - interval '7 days' GROUP BY 1, 2 ORDER BY 1, 2`,
);

export interface MessageRow {
  readonly country: string | null;
  readonly network: string | null;
  readonly channel: string;
  readonly provider: string | null;
  readonly route: string | null;
  readonly outcome: string | null;
  readonly fault: string | null;
  readonly started_at: Date | null;
}

/** A message with its tries, the first one first; one row without a try where there is none. */
export const MESSAGE = named<{ readonly id: string }>(
  'message_routes',
  `SELECT m.country, network_of(m.phone_key) AS network, coalesce(a.channel, m.channel) AS channel, a.provider, a.route,
      a.outcome::text, a.fault, a.started_at
    FROM messages AS m LEFT JOIN attempts AS a ON a.message_id = m.id WHERE m.id = :id::uuid ORDER BY a.started_at`,
);

export interface NetworkRow {
  readonly network: string | null;
}

export const NETWORK: Statement = { name: 'network_of_phone', text: 'SELECT network_of($1) AS network' };
