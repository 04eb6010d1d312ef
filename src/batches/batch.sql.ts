import type { SealedPhone } from '../kernel/index.js';
import { named, type Statement } from '../prisma/index.js';
import type { Channel } from '../sms/index.js';

/** As a subquery, so that it is asked once and an index can be searched by it. */
const NOW = (at: string) => `(SELECT coalesce(${at}::timestamptz, clock_timestamp()))`;

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

export interface InsertedRow {
  readonly id: string;
  readonly state: 'taken' | 'repeated' | 'opted_out' | 'ref_taken';
}

/** Rows that their ids tell apart: what came before is left as it is. No lock is held on the batch. */
export const INSERT = named<{
  batch: string;
  ids: readonly string[];
  refs: readonly string[];
  phone_keys: readonly Uint8Array[];
  phones: readonly Uint8Array[];
  version: number;
  templates: readonly string[];
  bodies: readonly Uint8Array[];
  locales: readonly (string | null)[];
  channels: readonly string[];
  countries: readonly (string | null)[];
  expires_at: Date;
  at: Date | null;
}>(
  'insert_batch_rows',
  `WITH row AS (
      SELECT *, EXISTS (SELECT 1 FROM opt_outs WHERE opt_outs.phone_key = key_now(u.phone_key)) AS out
        FROM unnest(:ids::uuid[], :refs::text[], :phone_keys::bytea[], :phones::bytea[], :templates::text[], :bodies::bytea[],
          :locales::text[], :channels::text[], :countries::text[])
          WITH ORDINALITY AS u(id, ref, phone_key, phone, template, body, locale, channel, country, n)
    ), taken AS (
      INSERT INTO messages (id, phone_key, phone_sealed, key_version, template, body_sealed, status, created_at, updated_at,
                            expires_at, channel, locale, country, batch_id, batch_ref, send_after)
        SELECT id, phone_key, phone, :version::int, template, body, 'queued', now.at, now.at, :expires_at::timestamptz, channel, locale,
               country, :batch::uuid, ref, now.at
          FROM row, ${NOW(':at')} AS now(at) WHERE NOT out
        ON CONFLICT (id) DO NOTHING RETURNING id
    )
    SELECT row.id, CASE WHEN taken.id IS NOT NULL THEN 'taken' WHEN m.id IS NULL AND out THEN 'opted_out'
        WHEN m.id IS NULL OR key_now(m.phone_key) = key_now(row.phone_key) THEN 'repeated' ELSE 'ref_taken' END AS state
      FROM row LEFT JOIN taken ON taken.id = row.id LEFT JOIN messages AS m ON m.id = row.id ORDER BY n`,
);

/** What inserting them would say, and nothing is written. */
export const LOOK = named<{ ids: readonly string[]; phone_keys: readonly Uint8Array[] }>(
  'look_at_batch_rows',
  `SELECT u.id, CASE WHEN m.id IS NOT NULL THEN CASE WHEN key_now(m.phone_key) = key_now(u.phone_key) THEN 'repeated' ELSE 'ref_taken' END
        WHEN EXISTS (SELECT 1 FROM opt_outs WHERE opt_outs.phone_key = key_now(u.phone_key)) THEN 'opted_out' ELSE 'taken' END AS state
      FROM unnest(:ids::uuid[], :phone_keys::bytea[]) WITH ORDINALITY AS u(id, phone_key, n) LEFT JOIN messages AS m ON m.id = u.id
      ORDER BY n`,
);

/** What was mended since is no error any more. */
export const NOTE_ERRORS = named<{
  batch: string;
  refs: readonly string[];
  rows: readonly number[];
  codes: readonly string[];
  details: readonly string[];
  good: readonly string[];
}>(
  'note_batch_errors',
  `WITH mended AS (DELETE FROM batch_errors WHERE batch_id = :batch::uuid AND ref = ANY (:good::text[]))
    INSERT INTO batch_errors (batch_id, ref, row, code, detail)
      SELECT DISTINCT ON (ref) :batch::uuid, ref, row, code, detail
        FROM unnest(:refs::text[], :rows::int[], :codes::text[], :details::text[]) AS e(ref, row, code, detail)
      ON CONFLICT (batch_id, ref) DO UPDATE SET row = excluded.row, code = excluded.code, detail = excluded.detail`,
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

export interface TakenRow extends SealedPhone {
  readonly id: string;
  readonly turn: number;
  readonly template: string;
  readonly locale: string | null;
  readonly channel: Channel;
  /** MCC and MNC, as a lookup told them. */
  readonly network: string | null;
  readonly body_sealed: Uint8Array | null;
}

/** Rows whose turn it is, kept from other instances for `$3` ms, in which they are begun or left. */
export const TAKE: Statement = {
  name: 'take_batch_rows',
  text: `WITH due AS (
      SELECT id FROM messages WHERE batch_id = $1 AND send_after <= ${NOW('$4')} ORDER BY send_after LIMIT $2 FOR UPDATE SKIP LOCKED
    )
    UPDATE messages AS m SET turn = turn + 1, send_after = ${NOW('$4')} + make_interval(secs => $3::int / 1000.0)
      FROM due WHERE m.id = due.id
      RETURNING m.id, m.turn, m.phone_key, m.phone_sealed, m.key_version, m.template, m.locale, m.channel, m.body_sealed,
        network_of(m.phone_key) AS network`,
};

/** Not now: they wait for so many ms. */
export const LEAVE: Statement = {
  name: 'leave_batch_rows',
  text: `UPDATE messages AS m SET send_after = ${NOW('$4')} + make_interval(secs => $3::int / 1000.0)
    FROM unnest($1::uuid[], $2::int[]) AS t(id, turn) WHERE m.id = t.id AND m.turn = t.turn AND m.send_after IS NOT NULL`,
};

/** They end unsent. */
export const FAIL: Statement = {
  name: 'fail_batch_rows',
  text: `UPDATE messages AS m SET status = 'failed', stopped_by = t.why, send_after = NULL, updated_at = now.at
    FROM unnest($1::uuid[], $2::int[], $3::text[]) AS t(id, turn, why), ${NOW('$4')} AS now(at)
    WHERE m.id = t.id AND m.turn = t.turn AND m.send_after IS NOT NULL`,
};

export interface BeginParameters {
  readonly batch: string;
  readonly ids: readonly string[];
  readonly turns: readonly number[];
  readonly attempts: readonly string[];
  readonly providers: readonly string[];
  readonly channels: readonly string[];
  readonly senders: readonly (string | null)[];
  readonly routes: readonly (string | null)[];
  readonly paces: readonly number[];
  readonly locales: readonly string[];
  readonly versions: readonly (number | null)[];
  readonly variants: readonly (string | null)[];
  readonly prices: readonly number[];
  readonly needs: readonly number[];
  readonly lease_ms: number;
  readonly valid_secs: number;
  readonly quotas: readonly number[] | null;
  readonly secs: readonly number[];
  readonly cap: number;
  readonly kept: number;
  readonly at: Date | null;
}

export interface BegunRow {
  readonly id: string;
  readonly state: 'begun' | 'lost' | 'stopped' | 'expired' | 'opted_out' | 'paced' | 'limited' | 'cost';
  readonly wait_ms: number;
}

export const BEGIN = named<BeginParameters>(
  'begin_batch',
  `SELECT * FROM begin_batch(:batch, :ids, :turns, :attempts, :providers, :channels, :senders, :routes, :paces, :locales, :versions,
    :variants, :prices, :needs, :lease_ms, :valid_secs, :quotas, :secs, :cap, :kept, :at)`,
);

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

export const ADOPT_PHONE: Statement = { name: 'adopt_phone', text: 'SELECT adopt_phone($1, $2)' };
