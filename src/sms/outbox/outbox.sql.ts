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
}

/** Silent for that many texts in a row: it reports no more, or not to us. */
const MOST_SILENT = 5;

export const CLAIM: Statement = {
  name: 'claim_messages',
  text: `SELECT * FROM claim_messages($1, $2, ${MOST_SILENT}, $3)`,
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

export interface AcceptParameters {
  readonly id: string;
  /** Which claim of the message is the caller's. */
  readonly turn: number;
  readonly attempt_id: string;
  readonly provider_message_id: string;
  /** After which it is looked at again if no report has come; null: never. */
  readonly again_ms: number | null;
  readonly at: Date | null;
}

const AT = 'coalesce(:at::timestamptz, clock_timestamp())';

/**
 * What `record_dispatch` does when a provider simply took the text, as one plain statement: its price is booked, and what
 * was reserved beyond it released. No row when there is more to it: any report takes its message further than `sending`, and
 * whoever claims it takes a turn.
 */
export const ACCEPT = named<AcceptParameters>(
  'record_dispatch',
  `WITH message AS (
      UPDATE messages SET status = 'accepted', updated_at = ${AT}, lease_until = ${AT} + make_interval(secs => :again_ms::int / 1000.0),
          is_held = false
        WHERE id = :id::uuid AND status = 'sending' AND NOT followed_up AND turn = :turn::int AND is_held
        RETURNING id, phone_key, created_at, updated_at, reserved_micros, spend_day
    ), attempt AS (
      UPDATE attempts SET outcome = 'accepted', provider_message_id = :provider_message_id, ended_at = updated_at,
          cost_micros = price_micros
        FROM message WHERE attempts.id = :attempt_id::uuid AND message_id = message.id
        RETURNING message.spend_day AS day, message.reserved_micros - attempts.price_micros AS rest
    ), hit AS (
      UPDATE limit_windows SET hits = CASE hits[cardinality(hits)]
          WHEN created_at THEN hits[: cardinality(hits) - 1] || updated_at
          ELSE ARRAY(SELECT hit FROM unnest(array_replace(hits, created_at, updated_at)) AS hit ORDER BY hit) END
        FROM message WHERE key = key_now(phone_key)
        RETURNING 1
    ), spend AS (
      UPDATE spend_days SET held_micros = held_micros - rest
        FROM attempt LEFT JOIN hit ON true -- after the window, as everybody locks them
        WHERE spend_days.day = attempt.day AND rest <> 0
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
  text: 'SELECT * FROM record_report($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)',
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
