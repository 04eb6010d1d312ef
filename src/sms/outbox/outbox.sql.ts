import type { SealedPhone } from '../../kernel/index.js';
import { named, type Statement } from '../../prisma/index.js';
import type { Channel } from '../provider/channel.js';

/** A message that is now ours, until its lease runs out or somebody else claims it. */
export interface ClaimedRow extends SealedPhone {
  readonly id: string;
  readonly turn: number;
  readonly verification_id: string | null;
  readonly template: string;
  readonly expires_in_ms: number;
  /** A provider took it before, by the same channel, and its network's word is bad or missing. */
  readonly is_follow_up: boolean;
  /** That word came, or says nothing any more: there is nothing to follow up. */
  readonly settled: boolean;
  readonly opted_out: boolean;
  readonly tries: number;
  /** Providers whose text may still arrive by the channel that is now tried. */
  readonly may_have_sent: readonly string[];
  /** Providers whose network said that theirs will not. */
  readonly given_up: readonly string[];
  /** That is now tried. */
  readonly channel: Channel;
  /** As `Message.channels`. */
  readonly channels: unknown;
  readonly locale: string | null;
  readonly template_version: number | null;
  readonly variant: string | null;
  readonly variables: Readonly<Record<string, string | number>>;
  readonly body_sealed: Uint8Array | null;
  readonly batch_id: string | null;
  /** MCC and MNC, as a lookup told them. */
  readonly network: string | null;
  /** By its plan another channel comes next, and its turn has not come yet. */
  readonly waits: boolean;
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
  /** Since the try began, when nobody said before that the phone has it. */
  readonly delivered_secs: number | null;
}

/** One of those that were told together, by its number from 1. */
export interface SimplyReportedRow {
  readonly n: number;
  /** As above. */
  readonly delivered_secs: number | null;
}

/** Silent for that many texts in a row: it reports no more, or not to us. */
const MOST_SILENT = 5;

export const CLAIM: Statement = {
  name: 'claim_messages',
  text: `SELECT *, network_of(phone_key) AS network FROM claim_messages($1, $2, ${MOST_SILENT}, $3)`,
};

const NOW = (parameter: number) => `coalesce($${parameter}::timestamptz, clock_timestamp())`;

/** What `begin_attempt` and `fail_over` say: begun; lost, somebody else has the message; or cost, there is no budget for it. */
export interface BegunRow {
  readonly begun: 'begun' | 'lost' | 'cost';
}

interface TryParameters {
  readonly turn: number;
  readonly attempt_id: string;
  readonly provider: string;
  readonly sender: string | null;
  readonly route: string | null;
  /** Of this try, if it goes out. */
  readonly price: number;
  readonly cap: number;
  readonly kept: number;
  readonly at: Date | null;
}

export interface BeginParameters extends TryParameters {
  readonly id: string;
  readonly channel: Channel;
  /** Of every try that may go out from here on. */
  readonly need: number;
}

export const BEGIN = named<BeginParameters>(
  'begin_attempt',
  `SELECT begin_attempt(:id, :turn, :attempt_id, :provider, :channel, :sender, :route, :price, :need, :cap, :kept, :at) AS begun`,
);

export interface FailOverParameters extends TryParameters {
  readonly ended_id: unknown;
  readonly outcome: unknown;
  readonly fault: unknown;
}

export const FAIL_OVER = named<FailOverParameters>(
  'fail_over',
  `SELECT fail_over(:ended_id, :outcome, :fault, :turn, :attempt_id, :provider, :sender, :route, :price, :cap, :kept, :at) AS begun`,
);

const AT = 'coalesce(:at::timestamptz, clock_timestamp())';

export const RECORD: Statement = {
  name: 'record_dispatch_in_full',
  text: 'SELECT * FROM record_dispatch($1, $2, $3, $4, $5, $6, $7, $8)',
};

export const STATUS: Statement = { name: 'message_status', text: 'SELECT status::text FROM messages WHERE id = $1' };

export const REPORT: Statement = {
  name: 'record_report',
  // The try is read as it was before.
  text: `SELECT *, (SELECT max(extract(epoch FROM ${NOW(10)} - a.started_at))::float8 FROM attempts AS a
      WHERE $5::text = 'delivered' AND a.provider = $1 AND a.delivered_at IS NULL
        AND (a.id = $2::uuid OR ($2 IS NULL AND a.provider_message_id = $3))) AS delivered_secs
    FROM record_report($1, $2, $3, $4, $5::text::message_status, $6, $7, $8, $9, $10, $11)`,
};

export interface SimpleReportsParameters {
  readonly providers: readonly string[];
  readonly attempt_ids: readonly (string | null)[];
  readonly provider_message_ids: readonly (string | null)[];
  readonly statuses: readonly string[];
  readonly at: Date | null;
}

/** How far along, as `status_rank` says, of texts that nothing went wrong with. */
const GOES_WELL = `('accepted', 'sent', 'delivered')`;

/**
 * What `record_report` does for many at once, where it is simple: the one try of a message, which its provider took, is or
 * will soon be at its phone. Answers with the numbers of those that are taken down; the others are not touched, nor is anything
 * that somebody else could hold who waits for a message. Messages are locked in order, each before its attempt, and what
 * they were is asked again once they are.
 */
export const SIMPLE_REPORTS = named<SimpleReportsParameters>(
  'record_simple_reports',
  `WITH told AS (
      SELECT t.n, t.provider, t.status, a.id, a.message_id, a.started_at, a.outcome = 'accepted' AND a.report IN ${GOES_WELL}
          AND status_rank(a.report) >= status_rank(t.status) AS is_old
        FROM unnest(:providers::text[], :attempt_ids::uuid[], :provider_message_ids::text[], :statuses::message_status[])
            WITH ORDINALITY AS t(provider, attempt_id, provider_message_id, status, n)
          CROSS JOIN LATERAL (
            SELECT * FROM attempts WHERE id = t.attempt_id AND provider = t.provider
            UNION ALL SELECT * FROM attempts
              WHERE t.attempt_id IS NULL AND provider = t.provider AND provider_message_id = t.provider_message_id) AS a
    ), furthest AS (
      SELECT DISTINCT ON (id) id, message_id, status FROM told WHERE NOT coalesce(is_old, false) ORDER BY id, status_rank(status) DESC
    ), message AS (
      SELECT id, status, lease_until FROM messages
        WHERE id IN (SELECT message_id FROM furthest) AND status IN ${GOES_WELL} AND NOT followed_up AND channels IS NULL
          AND (SELECT count(*) FROM attempts WHERE message_id = messages.id) = 1
        ORDER BY id FOR UPDATE
    ), attempt AS (
      UPDATE attempts AS a SET report = furthest.status, reported_at = coalesce(a.reported_at, ${AT})
        FROM furthest JOIN message ON message.id = furthest.message_id
        WHERE a.id = furthest.id AND a.outcome = 'accepted' AND a.ended_at IS NOT NULL AND a.provider_message_id IS NOT NULL
          AND coalesce(a.report, 'accepted') IN ${GOES_WELL} AND a.report_code IS NULL
          AND coalesce(status_rank(a.report), 0) < status_rank(furthest.status)
        RETURNING a.id, a.message_id, a.report, message.status, message.lease_until
    ), moved AS (
      UPDATE messages AS m SET updated_at = ${AT}, status = CASE WHEN status_rank(report) > status_rank(attempt.status) THEN report ELSE attempt.status END,
          lease_until = CASE report WHEN 'accepted' THEN attempt.lease_until END
        FROM attempt WHERE m.id = attempt.message_id
          AND (status_rank(report) > status_rank(attempt.status) OR (report <> 'accepted' AND attempt.lease_until IS NOT NULL))
    ), source AS (
      INSERT INTO report_sources AS s (provider, last_at) SELECT provider, ${AT} FROM (SELECT DISTINCT provider FROM told) AS told
        WHERE NOT EXISTS (SELECT 1 FROM report_sources AS known WHERE known.provider = told.provider AND silent = 0
          AND last_at > ${AT} - interval '10 seconds')
        ON CONFLICT (provider) DO UPDATE SET last_at = greatest(s.last_at, excluded.last_at), silent = 0
    )
    SELECT n::int, max(CASE WHEN status = 'delivered' AND NOT coalesce(is_old, false) THEN
        extract(epoch FROM ${AT} - started_at)::float8 END) AS delivered_secs
      FROM told WHERE is_old OR id IN (SELECT id FROM attempt) GROUP BY n`,
);

export const REPORTERS: Statement = {
  name: 'reporters',
  text: `SELECT provider FROM report_sources WHERE silent < ${MOST_SILENT} AND last_at > ${NOW(1)} - interval '1 day'`,
};

export const OPT_OUT: Statement = {
  name: 'opt_out',
  text: `SELECT opt_out(key, $2, ${NOW(3)}) FROM unnest($1::bytea[]) AS key`,
};

export const OPT_IN: Statement = { name: 'opt_in', text: 'DELETE FROM opt_outs WHERE phone_key = ANY ($1::bytea[])' };
