import { audited, type AuditParameters } from '../../audit/index.js';
import { named } from '../../prisma/index.js';

export interface RuleRow {
  readonly country: string;
  readonly network: string;
  readonly channel: string;
  readonly kind: 'providers' | 'exclude' | 'learn';
  readonly providers: readonly string[];
  readonly created_by: string;
}

type RuleKey = Pick<RuleRow, 'country' | 'network' | 'channel'>;

export const RULES = named<object>(
  'route_rules',
  'SELECT country, network, channel, kind, providers, created_by FROM route_rules ORDER BY country, network, channel LIMIT 2000',
);

const SUBJECT = "trim(country || ' ' || network || ' ' || channel)";

/** No row: there are too many. */
export const SET_RULE = named<RuleRow & AuditParameters & { readonly most: number }>(
  'set_route_rule',
  `WITH made AS (
      INSERT INTO route_rules (country, network, channel, kind, providers, created_at, created_by)
        SELECT :country::text, :network::text, :channel::text, :kind::text, :providers::text[],
            coalesce(:audit_at::timestamptz, clock_timestamp()), :created_by::text
          WHERE (SELECT count(*) FROM route_rules) < :most::int
            OR EXISTS (SELECT 1 FROM route_rules WHERE country = :country AND network = :network AND channel = :channel)
        ON CONFLICT (country, network, channel) DO UPDATE SET kind = excluded.kind, providers = excluded.providers,
          created_at = excluded.created_at, created_by = excluded.created_by
        RETURNING *),
    ${audited('made', SUBJECT)}
    SELECT country FROM made`,
);

/** No row: there is none. */
export const UNSET_RULE = named<RuleKey & AuditParameters>(
  'unset_route_rule',
  `WITH gone AS (
      DELETE FROM route_rules WHERE country = :country::text AND network = :network::text AND channel = :channel::text RETURNING *),
    ${audited('gone', SUBJECT)}
    SELECT country FROM gone`,
);
