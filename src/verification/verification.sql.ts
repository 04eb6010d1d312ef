import { resendDecision, type ResendDecisionParameters } from '../fraud/index.js';
import type { SealedPhone } from '../kernel/index.js';
import type { WindowRow } from '../limits/index.js';
import { named, type NamedStatement, type Statement } from '../prisma/index.js';
import type { Channel } from '../sms/index.js';

/** A statement that says which row it answers with. */
export interface StatementOf<Row extends object> extends Statement {
  readonly row?: Row;
}

export interface OpenedRow extends WindowRow {
  /** The person asked for no more texts: nothing was written. */
  readonly opted_out?: boolean;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly next_send_at: Date;
  /** Until it expires, by the database's clock. */
  readonly secs_left: number;
}

export interface PhoneRow extends SealedPhone {
  readonly purpose: string;
  readonly code_length: number;
  readonly checks: number;
  readonly max_checks: number;
}

export interface ReopenedRow extends OpenedRow, PhoneRow {
  readonly ended: 'not_found' | 'expired' | 'exhausted' | 'opted_out' | null;
  readonly channel: string;
}

export interface ResendRow extends SealedPhone {
  readonly purpose: string;
  readonly code_length: number;
  readonly channel: Channel;
  /** Of the first text, as `Message.channels`. */
  readonly channels: unknown;
  readonly locale: string | null;
  /** Of its first text. */
  readonly variant: string | null;
}

export interface EndedRow {
  readonly status: string;
  readonly expired: boolean;
  readonly seconds_left: number;
}

/** Null means any that the server API can ask for: purposes with a colon are those of other rooms, which must name them. */
export const isMeant = (purpose: string, asked: string) =>
  `CASE WHEN ${asked}::text IS NULL THEN strpos(${purpose}, ':') = 0 ELSE ${purpose} = ${asked} END`;
const IS_MEANT = (asked: string) => isMeant('purpose', asked);

/** What a new message is, for a start or a resend. */
export interface MessageParameters {
  readonly message_id: string;
  readonly template: string;
  readonly message_channel: string;
  readonly channels: string | null;
  /** The locale of its text. */
  readonly written_in: string | null;
  readonly template_version: number | null;
  readonly variant: string | null;
  readonly lease_ms: number;
  readonly attempt_id: string | null;
  readonly provider: string | null;
  readonly sender: string | null;
  readonly route: string | null;
  /** Of the phone, ISO 3166-1 alpha-2. */
  readonly country: string | null;
  /** Of the first attempt, if it goes out. */
  readonly price_micros: number;
  /** What the message may cost at most; 0 takes nothing of the day's budget. */
  readonly reserve_micros: number;
  readonly cap_micros: number;
  /** What of the cap is kept for phones that were approved before. */
  readonly kept_micros: number;
}

export const NOW = 'coalesce(:at::timestamptz, clock_timestamp())';

/** Why a start was refused. A window that has opened since still refuses, for a second. */
export const REFUSAL: StatementOf<OpenedRow> = {
  name: 'refusal',
  text: `SELECT is_opted_out($1) AS opted_out, coalesce(state.refused_by, 1) AS refused_by,
      coalesce(state.retry_after, 1) AS retry_after, state.remaining, state.resets
    FROM (SELECT 1) AS always LEFT JOIN limit_windows ON key = key_now($1)
      LEFT JOIN LATERAL window_state(hits, $2, $3, coalesce($4::timestamptz, clock_timestamp())) AS state ON true`,
};

export const ADOPT_PHONE: Statement = { name: 'adopt_phone', text: 'SELECT adopt_phone($1, $2)' };

export interface ResendParameters extends MessageParameters, ResendDecisionParameters {
  readonly id: string;
  readonly cooldowns: readonly number[];
  /** As of Guess. */
  readonly purpose: string | null;
  readonly quotas: readonly number[] | null;
  readonly secs: readonly number[];
  readonly at: Date | null;
}

export const RESEND: NamedStatement<ResendParameters> & StatementOf<ReopenedRow> = named<ResendParameters>(
  'resend_verification',
  `WITH resent AS (
      SELECT *, ${NOW} AS at
        FROM resend_verification((SELECT id FROM verifications WHERE id = :id AND ${IS_MEANT(':purpose')}), :cooldowns,
          :message_id, :template, :lease_ms, :attempt_id, :provider, :message_channel, :channels, :written_in,
          :template_version, :variant, :sender, :route, :quotas, :secs, :at, :country, :price_micros, :reserve_micros,
          :cap_micros, :kept_micros)
    ), decision AS (
      ${resendDecision(':message_id::uuid', 'at', 'resent WHERE ended IS NULL AND refused_by IS NULL')}
    )
    SELECT *, floor(extract(epoch FROM expires_at - at))::int AS secs_left FROM resent`,
);

/** Whom a resend would text, and what. No row where there is nothing to resend. */
export const PHONE_OF: StatementOf<ResendRow> = {
  name: 'phone_of',
  text: `SELECT phone_key, phone_sealed, key_version, purpose, code_length, channel, locale,
      first.channels, first.variant
    FROM verifications LEFT JOIN LATERAL (
      SELECT channels, variant FROM messages WHERE verification_id = $1 ORDER BY created_at, id LIMIT 1) AS first ON true
    WHERE verifications.id = $1 AND status = 'pending' AND ${IS_MEANT('$2')}`,
};

export const CHANNELS_WITHOUT: Statement = {
  name: 'channels_without',
  text: `SELECT channel FROM channels_without($1::bytea[], coalesce($2::timestamptz, clock_timestamp())) AS channel`,
};

/** What a resend would answer if it were refused, with the same columns. */
export const RESENDABLE: StatementOf<ReopenedRow> = {
  name: 'resendable',
  text: `SELECT key_now(phone_key) AS phone_key,
      CASE WHEN id IS NULL OR status <> 'pending' THEN 'not_found' WHEN expires_at <= at THEN 'expired'
        WHEN checks >= max_checks THEN 'exhausted' WHEN is_opted_out(phone_key) THEN 'opted_out' END AS ended,
      CASE WHEN next_send_at > at THEN 0 END AS refused_by,
      greatest(ceil(extract(epoch FROM next_send_at - at)), 1)::int AS retry_after,
      floor(extract(epoch FROM expires_at - at))::int AS secs_left
    FROM (SELECT coalesce($2::timestamptz, clock_timestamp())) AS now(at) LEFT JOIN verifications ON id = $1 AND ${IS_MEANT('$3')}`,
};

export const CANCEL: Statement = {
  name: 'cancel',
  text: `UPDATE verifications SET status = 'canceled', ended_at = coalesce($2::timestamptz, clock_timestamp())
    WHERE id = $1 AND status = 'pending' AND expires_at > coalesce($2::timestamptz, clock_timestamp())
      AND strpos(purpose, ':') = 0 RETURNING id`,
};

export const STANDING: StatementOf<EndedRow> = {
  name: 'standing',
  text: `SELECT status::text, expires_at <= at AS expired, ceil(extract(epoch FROM expires_at - at))::int AS seconds_left
    FROM verifications, LATERAL (SELECT coalesce($3::timestamptz, clock_timestamp())) AS now(at)
    WHERE id = $1 AND ${IS_MEANT('$2')}`,
};
