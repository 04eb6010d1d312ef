import { audited, type AuditParameters } from '../../audit/index.js';
import { named } from '../../prisma/index.js';

export interface HoldRow {
  readonly provider: string;
  readonly since: Date;
  readonly reason: string;
  readonly held_by: string;
}

/** The few there are; every instance asks every second. */
export const HOLDS = named<object>(
  'provider_holds',
  'SELECT provider, since, reason, held_by FROM provider_holds ORDER BY provider',
);

interface ChangeParameters {
  readonly change_id: string;
  readonly provider: string;
  readonly instance: string;
  readonly by: string;
}

export interface TakenRow {
  readonly outcome: 'taken' | 'held' | 'last';
}

export const TAKE_OUT = named<
  ChangeParameters &
    AuditParameters & {
      readonly reason: string;
      readonly from_state: string;
      /** Who could send in its place. */
      readonly others: readonly string[];
      readonly force: boolean;
    }
>(
  'take_out_provider',
  `WITH asked AS (
      SELECT take_out_provider(:provider::text, :reason::text, :by::text, :others::text[], :force::boolean, :change_id::uuid,
        :instance::text, :from_state::text, :audit_at::timestamptz) AS outcome
    ), taken AS (SELECT outcome FROM asked WHERE outcome = 'taken'),
    ${audited('taken', ':provider')}
    SELECT outcome FROM asked`,
);

/** No row: it is not held. */
export const PUT_BACK = named<ChangeParameters & AuditParameters & { readonly why: string }>(
  'put_back_provider',
  `WITH gone AS (
      DELETE FROM provider_holds WHERE provider = :provider::text RETURNING provider
    ), change AS (
      INSERT INTO provider_changes (id, at, provider, instance, from_state, to_state, why, by)
        SELECT :change_id::uuid, coalesce(:audit_at::timestamptz, clock_timestamp()), provider, :instance::text, 'held', 'suspended',
            :why::text, :by::text FROM gone
    ), ${audited('gone', 'provider')}
    SELECT provider FROM gone`,
);

export interface ChangeRow {
  readonly id: string;
  readonly at: Date;
  readonly provider: string;
  readonly instance: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
  readonly by: string;
}

export const NOTE_CHANGE = named<ChangeRow>(
  'note_provider_change',
  `INSERT INTO provider_changes (id, at, provider, instance, from_state, to_state, why, by)
    VALUES (:id::uuid, :at::timestamptz, :provider, :instance, :from, :to, :why, :by) ON CONFLICT (id) DO NOTHING`,
);

export const HISTORY = named<{ readonly providers: readonly string[]; readonly most: number }>(
  'provider_history',
  `SELECT change.* FROM unnest(:providers::text[]) AS name CROSS JOIN LATERAL (
      SELECT id, at, provider, instance, from_state AS "from", to_state AS "to", why, by FROM provider_changes
        WHERE provider = name ORDER BY at DESC LIMIT :most::int) AS change`,
);

export interface ErrorRow {
  readonly provider: string;
  readonly at: Date;
  readonly fault: string;
}

/** Stable, unlike the clock, so that the planner knows how little is asked for. */
const NOW = 'coalesce(:now::timestamptz, now())';

export const ERRORS = named<{
  readonly providers: readonly string[];
  readonly most: number;
  readonly now: Date | null;
}>(
  'provider_errors',
  `SELECT error.* FROM unnest(:providers::text[]) AS name CROSS JOIN LATERAL (
      SELECT provider, started_at AS at, fault FROM attempts
        WHERE provider = name AND fault IS NOT NULL AND started_at > ${NOW} - interval '1 day'
        ORDER BY started_at DESC LIMIT :most::int) AS error`,
);

export interface RecentRow {
  readonly provider: string;
  readonly calls: number;
  readonly accepted: number;
  readonly failed: number;
  readonly slow: number;
  readonly p50: number | null;
  readonly p95: number | null;
}

/** What is said of one text or phone is no fault of the provider; how long the others took is known of those that it took. */
export const RECENT = named<{ readonly now: Date | null; readonly slow_ms: number }>(
  'provider_recent',
  `SELECT provider, count(*)::int AS calls, count(*) FILTER (WHERE outcome = 'accepted')::int AS accepted,
      count(*) FILTER (WHERE fault NOT IN ('refused', 'bad_destination', 'opted_out'))::int AS failed,
      count(*) FILTER (WHERE outcome = 'accepted' AND ms > :slow_ms::int)::int AS slow,
      percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) FILTER (WHERE outcome = 'accepted') AS p50,
      percentile_cont(0.95) WITHIN GROUP (ORDER BY ms) FILTER (WHERE outcome = 'accepted') AS p95
    FROM (SELECT provider, outcome, fault, extract(epoch FROM ended_at - started_at)::float8 * 1000 AS ms FROM attempts
      WHERE started_at > ${NOW} - interval '5 minutes' AND ended_at IS NOT NULL) AS ended
    GROUP BY provider`,
);
