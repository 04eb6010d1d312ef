import { named, type Statement } from '../prisma/index.js';

/** As a subquery, so that it is asked once and an index can be searched by it. */
export const NOW = (at: string) => `(SELECT coalesce(${at}::timestamptz, clock_timestamp()))`;

export type BatchStatus = 'loading' | 'running' | 'paused' | 'canceled' | 'done';

export interface BatchRow {
  readonly id: string;
  readonly name: string | null;
  readonly status: BatchStatus;
  readonly paused_because: string | null;
  readonly rate: number | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  /** Of one that was opened: made by that. */
  readonly is_new?: boolean;
}

const COLUMNS =
  'id, name, status::text, paused_because, rate, created_by, created_at, expires_at, started_at, ended_at';

/** The batch, made now or before. */
export const OPEN = named<{
  id: string;
  name: string | null;
  rate: number | null;
  by: string;
  wait_secs: number;
  at: Date | null;
}>(
  'open_batch',
  `WITH made AS (
      INSERT INTO batches (id, name, rate, created_by, created_at, updated_at, expires_at)
        SELECT :id::uuid, :name::text, :rate::float8, :by::text, at, at, at + make_interval(secs => :wait_secs::int)
          FROM ${NOW(':at')} AS now(at)
        ON CONFLICT (id) DO NOTHING RETURNING *
    )
    SELECT ${COLUMNS}, true AS is_new FROM made UNION ALL SELECT ${COLUMNS}, false FROM batches WHERE id = :id::uuid`,
);

/** All rows are there: it begins, or goes on where rows were added to what was done. */
export const LOADED: Statement = {
  name: 'batch_loaded',
  text: `UPDATE batches SET status = CASE WHEN $2 THEN 'paused' ELSE 'running' END::batch_status,
      paused_because = CASE WHEN $2 THEN 'operator' END, ended_at = NULL, updated_at = now.at,
      started_at = coalesce(started_at, CASE WHEN NOT $2 THEN now.at END)
    FROM ${NOW('$3')} AS now(at) WHERE id = $1 AND status IN ('loading', 'done')`,
};

export interface ChangeParameters {
  readonly id: string;
  readonly status: BatchStatus;
  readonly because: string | null;
  /** In which it must be. */
  readonly from: readonly string[];
  readonly at: Date | null;
}

export const CHANGE = named<ChangeParameters>(
  'change_batch',
  `UPDATE batches SET status = :status::batch_status, paused_because = :because::text, updated_at = now.at,
      started_at = coalesce(started_at, CASE WHEN :status = 'running' THEN now.at END),
      ended_at = CASE WHEN :status IN ('canceled', 'done') THEN coalesce(ended_at, now.at) END
    FROM ${NOW(':at')} AS now(at) WHERE id = :id::uuid AND status::text = ANY (:from::text[]) RETURNING id`,
);

/** The day's budget has no room: it stands still, visibly, and is tried again from time to time. */
export const OUT_OF_BUDGET: Statement = {
  name: 'batch_out_of_budget',
  text: `UPDATE batches SET status = 'paused', paused_because = 'cost_limit', updated_at = ${NOW('$2')}
    WHERE id = $1 AND (status = 'running' OR (status = 'paused' AND paused_because = 'cost_limit')) RETURNING id`,
};

/** There is room again. */
export const IN_BUDGET: Statement = {
  name: 'batch_in_budget',
  text: `UPDATE batches SET status = 'running', paused_because = NULL, updated_at = ${NOW('$2')}
    WHERE id = $1 AND status = 'paused' AND paused_because = 'cost_limit'`,
};

export const FIND: Statement = { name: 'find_batch', text: `SELECT ${COLUMNS} FROM batches WHERE id = $1` };

export const LIST: Statement = {
  name: 'list_batches',
  text: `SELECT ${COLUMNS} FROM batches ORDER BY created_at DESC LIMIT $1`,
};

export interface ActiveRow {
  readonly id: string;
  readonly status: 'running' | 'paused' | 'canceled';
}

/** What there is to do. What stands still for want of budget is tried again from time to time. */
export const ACTIVE: Statement = {
  name: 'active_batches',
  text: `SELECT id, status::text FROM batches AS b WHERE status = 'running'
      OR (status = 'paused' AND paused_because = 'cost_limit' AND updated_at < ${NOW('$1')} - make_interval(secs => $2::int))
      OR (status = 'canceled' AND EXISTS (SELECT 1 FROM messages WHERE batch_id = b.id AND send_after IS NOT NULL))
    ORDER BY created_at`,
};

export const CANCEL_ROWS: Statement = {
  name: 'cancel_batch_rows',
  text: `UPDATE messages SET status = 'canceled', stopped_by = 'canceled', send_after = NULL, updated_at = now.at
    FROM ${NOW('$3')} AS now(at) WHERE id = ANY (ARRAY(
      SELECT id FROM messages WHERE batch_id = $1 AND send_after IS NOT NULL LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1 AS gone`,
};

/** Nothing waits, and nothing is under way. */
export const IS_DONE: Statement = {
  name: 'batch_is_done',
  text: `SELECT 1 AS done WHERE NOT EXISTS (SELECT 1 FROM messages WHERE batch_id = $1 AND send_after IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM messages WHERE batch_id = $1 AND status IN ('queued', 'sending'))`,
};

export interface CountRow {
  readonly status: string;
  readonly rows: number;
  /** Of those, that wait for their batch. */
  readonly waiting: number;
  /** That wait because their phone gets no more now. */
  readonly limited: number;
  /** That were begun in the last `$2` seconds. */
  readonly recent: number;
}

export const COUNT: Statement = {
  name: 'count_batch',
  text: `SELECT status::text, count(*)::int AS rows, count(send_after)::int AS waiting,
      count(*) FILTER (WHERE send_after IS NOT NULL AND stopped_by = 'rate_limit')::int AS limited,
      count(*) FILTER (WHERE send_after IS NULL AND status NOT IN ('canceled') AND created_at > ${NOW('$3')} - make_interval(secs => $2::int))::int AS recent
    FROM messages WHERE batch_id = $1 GROUP BY status`,
};

export const COUNT_ERRORS: Statement = {
  name: 'count_batch_errors',
  text: 'SELECT count(*)::int AS refused FROM batch_errors WHERE batch_id = $1',
};

export interface ErrorRow {
  readonly ref: string;
  readonly row: number | null;
  readonly code: string;
  readonly detail: string;
  readonly message_id: string | null;
}

export const REFUSED_ROWS: Statement = {
  name: 'batch_errors',
  text: `SELECT ref, row, code, detail, NULL::uuid AS message_id FROM batch_errors WHERE batch_id = $1 AND ref > $2 ORDER BY ref LIMIT $3`,
};

export const FAILED_ROWS: Statement = {
  name: 'batch_failures',
  text: `SELECT m.batch_ref AS ref, NULL::int AS row, m.status::text AS code, m.id AS message_id,
      coalesce(m.stopped_by, a.report_code, a.fault, 'expired') AS detail
    FROM messages AS m LEFT JOIN LATERAL (SELECT fault, report_code FROM attempts WHERE message_id = m.id
      ORDER BY started_at DESC LIMIT 1) AS a ON true
    WHERE m.batch_id = $1 AND m.id > $2 AND m.status IN ('failed', 'undelivered', 'canceled') ORDER BY m.id LIMIT $3`,
};

/** What nobody resumed, or brought the rest of, in all its time: the others end as they are taken. */
export const END: Statement = {
  name: 'end_batches',
  text: `WITH over AS (
      SELECT id FROM batches WHERE status IN ('loading', 'paused') AND expires_at <= ${NOW('$2')} ORDER BY expires_at
    ), ended AS (
      UPDATE messages SET status = 'failed', stopped_by = 'expired', send_after = NULL, updated_at = now.at
        FROM ${NOW('$2')} AS now(at) WHERE id = ANY (ARRAY(
          SELECT m.id FROM over JOIN messages AS m ON m.batch_id = over.id WHERE m.send_after IS NOT NULL LIMIT $1
            FOR UPDATE OF m SKIP LOCKED)) RETURNING batch_id
    ), done AS (
      UPDATE batches SET status = 'done', paused_because = NULL, ended_at = now.at, updated_at = now.at FROM ${NOW('$2')} AS now(at)
        WHERE id IN (SELECT id FROM over) AND (SELECT count(*) FROM ended) < $1
    )
    SELECT 1 AS gone FROM ended`,
};

export const PURGE: Statement = {
  name: 'purge_batches',
  text: `WITH gone AS (DELETE FROM batches WHERE id = ANY (ARRAY(
      SELECT id FROM batches AS b WHERE created_at < ${NOW('$3')} - make_interval(days => $1) AND expires_at < ${NOW('$3')}
        AND NOT EXISTS (SELECT 1 FROM messages WHERE batch_id = b.id) ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id
    ), paced AS (DELETE FROM paces WHERE key IN (SELECT 'batch ' || id FROM gone))
    SELECT 1 AS gone FROM gone`,
};
