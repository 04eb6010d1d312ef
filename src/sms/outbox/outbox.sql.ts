import type { SealedPhone } from '../../kernel/index.js';
import { named, type Statement } from '../../prisma/index.js';

/** A message that is now ours, until its lease runs out or somebody else claims it. */
export interface ClaimedRow extends SealedPhone {
  readonly id: string;
  readonly turn: number;
  readonly verification_id: string | null;
  readonly template: string;
  readonly expires_in_ms: number;
  /** A provider took it before, and its network's word is bad or missing. */
  readonly is_follow_up: boolean;
  /** That word came, or says nothing any more: there is nothing to follow up. */
  readonly settled: boolean;
  readonly opted_out: boolean;
  readonly tries: number;
  /** Providers whose text may still arrive. */
  readonly may_have_sent: readonly string[];
  /** Providers whose network said that theirs will not. */
  readonly given_up: readonly string[];
}

/** What became of the hit that a message took in its phone's window: moved, or (null) given back. */
export interface HitRow {
  readonly phone_key: Uint8Array;
  readonly hit_at: Date;
  readonly moved_to: Date | null;
}

/** What one report was about, and whose hit moved by it: it was the first to say that a text went out. */
export interface ReportedRow {
  readonly known: boolean;
  readonly message_id: string;
  readonly moved_key: Uint8Array | null;
}

/** Silent for that many texts in a row: it reports no more, or not to us. */
const MOST_SILENT = 5;

export const CLAIM: Statement = {
  name: 'claim_messages',
  text: `SELECT * FROM claim_messages($1, $2, ${MOST_SILENT}, $3)`,
};

const NOW = (parameter: number) => `coalesce($${parameter}::timestamptz, clock_timestamp())`;

export const BEGIN: Statement = {
  name: 'begin_attempt',
  text: `INSERT INTO attempts (id, message_id, provider, started_at, follow_up)
    SELECT $3::uuid, id, $4, ${NOW(5)}, followed_up FROM messages WHERE id = $1::uuid AND may_begin(id, $2, ${NOW(5)})
    RETURNING id`,
};

/** Locks the message before its attempt, as whoever takes a report down does. */
export const FAIL_OVER: Statement = {
  name: 'fail_over',
  text: `WITH message AS (
      SELECT id, followed_up FROM messages WHERE id = (SELECT message_id FROM attempts WHERE id = $1::uuid) FOR NO KEY UPDATE
    ), ended AS (
      UPDATE attempts SET outcome = CASE outcome WHEN 'accepted' THEN outcome ELSE $2::attempt_outcome END,
          fault = CASE outcome WHEN 'accepted' THEN NULL ELSE $3 END, ended_at = ${NOW(7)}
        FROM message WHERE attempts.id = $1::uuid RETURNING message.id, message.followed_up
    )
    INSERT INTO attempts (id, message_id, provider, started_at, follow_up)
    SELECT $5::uuid, id, $6, ${NOW(7)}, followed_up FROM ended WHERE may_begin(id, $4, ${NOW(7)}) RETURNING id`,
};

export interface AcceptParameters {
  readonly id: string;
  readonly attempt_id: string;
  readonly provider_message_id: string;
  /** After which it is looked at again if no report has come; null: never. */
  readonly again_ms: number | null;
  readonly at: Date | null;
}

const AT = 'coalesce(:at::timestamptz, clock_timestamp())';

/**
 * What `record_dispatch` does when a provider simply took the text, as one plain statement. No row when there is more to it:
 * any report takes its message further than `sending`.
 */
export const ACCEPT = named<AcceptParameters>(
  'record_dispatch',
  `WITH message AS (
      UPDATE messages SET status = 'accepted', updated_at = ${AT}, lease_until = ${AT} + make_interval(secs => :again_ms::int / 1000.0)
        WHERE id = :id::uuid AND status = 'sending' AND NOT followed_up
        RETURNING id, phone_key, created_at, updated_at
    ), attempt AS (
      UPDATE attempts SET outcome = 'accepted', provider_message_id = :provider_message_id, ended_at = updated_at
        FROM message WHERE attempts.id = :attempt_id::uuid AND message_id = message.id
    ), hit AS (
      UPDATE limit_windows SET hits = CASE hits[cardinality(hits)]
          WHEN created_at THEN hits[: cardinality(hits) - 1] || updated_at
          ELSE ARRAY(SELECT hit FROM unnest(array_replace(hits, created_at, updated_at)) AS hit ORDER BY hit) END
        FROM message WHERE key = key_now(phone_key)
    )
    SELECT key_now(phone_key) AS phone_key, created_at AS hit_at, updated_at AS moved_to FROM message`,
);

export const RECORD: Statement = {
  name: 'record_dispatch_in_full',
  text: 'SELECT * FROM record_dispatch($1, $2, $3, $4, $5, $6, $7, $8)',
};

export const STATUS: Statement = { name: 'message_status', text: 'SELECT status::text FROM messages WHERE id = $1' };

export const REPORT: Statement = {
  name: 'record_report',
  text: 'SELECT * FROM record_report($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
};

export const REPORTERS: Statement = {
  name: 'reporters',
  text: `SELECT provider FROM report_sources WHERE silent < ${MOST_SILENT} AND last_at > ${NOW(1)} - interval '1 day'`,
};

export const OPT_OUT: Statement = {
  name: 'opt_out',
  text: `SELECT opt_out(key, $2, ${NOW(3)}) FROM unnest($1::bytea[]) AS key`,
};

export const OPT_IN: Statement = { name: 'opt_in', text: 'DELETE FROM opt_outs WHERE phone_key = ANY ($1::bytea[])' };
