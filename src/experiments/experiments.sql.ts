import { audited, type AuditParameters } from '../audit/index.js';
import { named, type Statement } from '../prisma/index.js';

export type Status = 'running' | 'decided' | 'stopped';
export const RULES = ['watch', 'stop-losers', 'apply-winner'] as const;
export type Rule = (typeof RULES)[number];

export interface ArmRow {
  readonly name: string;
  readonly weight: number;
  readonly assigned: number;
  readonly accepted: number;
  readonly approved: number;
  /** RFC 3339. */
  readonly stoppedAt: string | null;
  /** `rule`, or who did. */
  readonly stoppedBy: string | null;
}

export interface ExperimentRow {
  readonly id: string;
  readonly template: string;
  readonly locale: string | null;
  readonly status: Status;
  readonly rule: Rule;
  readonly alpha: number;
  readonly minimum_sample: number;
  readonly winner: string | null;
  /** It decides what wording texts have. */
  readonly is_in_force: boolean;
  readonly created_at: Date;
  readonly created_by: string;
  readonly starts_at: Date;
  readonly ended_at: Date | null;
  readonly counted_until: Date;
  readonly arms: readonly ArmRow[];
}

const NOW = 'coalesce(:now::timestamptz, clock_timestamp())';

const READ = `SELECT e.id, e.template, e.locale, e.status, e.rule, e.alpha, e.minimum_sample, e.winner,
      e.running_template IS NOT NULL AS is_in_force, e.created_at, e.created_by, e.starts_at, e.ended_at, e.counted_until,
      (SELECT json_agg(json_build_object('name', a.name, 'weight', a.weight, 'assigned', a.assigned, 'accepted', a.accepted,
          'approved', a.approved, 'stoppedAt', to_char(a.stopped_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'stoppedBy', a.stopped_by)
          ORDER BY a.position) FROM experiment_arms AS a WHERE a.experiment_id = e.id) AS arms
    FROM experiments AS e`;

export const IN_FORCE: Statement = {
  name: 'experiments_in_force',
  text: `${READ} WHERE e.running_template IS NOT NULL`,
};
/** The newest 200. */
export const LIST: Statement = { name: 'experiments', text: `${READ} ORDER BY e.created_at DESC, e.id LIMIT 200` };
export const FIND: Statement = { name: 'experiment', text: `${READ} WHERE e.id = $1` };

/** Those of which something is still to be counted. */
export const UNCOUNTED: Statement = {
  name: 'uncounted_experiments',
  text: `SELECT id FROM experiments WHERE ended_at IS NULL OR counted_until < ended_at ORDER BY created_at`,
};
export const COUNT: Statement = {
  name: 'count_experiment',
  text: 'SELECT count_experiment($1, $2) AS more',
  longestMs: 60_000,
};

export interface CreateParameters extends AuditParameters {
  readonly id: string;
  readonly template: string;
  readonly locale: string | null;
  readonly rule: Rule;
  readonly alpha: number;
  readonly minimum_sample: number;
  readonly names: readonly string[];
  readonly weights: readonly number[];
  readonly created_by: string;
  /** Until then some instance may not know it. */
  readonly grace_secs: number;
  readonly now: Date | null;
}

/** No row: the template has one already. */
export const CREATE = named<CreateParameters>(
  'create_experiment',
  `WITH made AS (
      INSERT INTO experiments (id, template, running_template, locale, rule, alpha, minimum_sample, created_at, created_by, starts_at, counted_until)
        SELECT :id::uuid, :template::text, :template, :locale::text, :rule::text, :alpha::float8, :minimum_sample::int, at, :created_by::text,
            at + make_interval(secs => :grace_secs::int), at + make_interval(secs => :grace_secs)
          FROM (SELECT ${NOW} AS at) AS now
        ON CONFLICT (running_template) DO NOTHING RETURNING id
    ), arms AS (
      INSERT INTO experiment_arms (experiment_id, position, name, weight)
        SELECT made.id, n, name, weight FROM made, unnest(:names::text[], :weights::int[]) WITH ORDINALITY AS arm(name, weight, n)
    ), ${audited('made', 'id')} SELECT id FROM made`,
);

export interface ChangeParameters extends AuditParameters {
  readonly id: string;
  readonly now: Date | null;
}

/** Everybody gets the plain wording again. No row: it was stopped before, or is not there. */
export const STOP = named<ChangeParameters>(
  'stop_experiment',
  `WITH done AS (
      UPDATE experiments SET status = CASE status WHEN 'running' THEN 'stopped' ELSE status END, running_template = NULL,
          ended_at = coalesce(ended_at, ${NOW})
        WHERE id = :id::uuid AND running_template IS NOT NULL RETURNING id
    ), ${audited('done', 'id')} SELECT id FROM done`,
);

/** No row: it was stopped before, or is not there, or is not to be stopped. */
export const STOP_ARM = named<ChangeParameters & { readonly name: string; readonly by: string }>(
  'stop_experiment_arm',
  `WITH done AS (
      UPDATE experiment_arms AS a SET stopped_at = ${NOW}, stopped_by = :by::text FROM experiments AS e
        WHERE e.id = a.experiment_id AND e.id = :id::uuid AND e.status = 'running' AND a.name = :name::text AND a.name <> 'control'
          AND a.stopped_at IS NULL
        RETURNING a.experiment_id AS id, a.name
    ), ${audited('done', "id || ' ' || name")} SELECT id FROM done`,
);

/** What became of it is clear. The plain wording needs nobody who sees to it; another goes on being chosen until it is stopped. */
export const DECIDE = named<ChangeParameters & { readonly winner: string }>(
  'decide_experiment',
  `WITH done AS (
      UPDATE experiments SET status = 'decided', winner = :winner::text, ended_at = ${NOW},
          running_template = CASE WHEN :winner = 'control' THEN NULL ELSE running_template END
        WHERE id = :id::uuid AND status = 'running' RETURNING id
    ), ${audited('done', "id || ' ' || :winner")} SELECT id FROM done`,
);
