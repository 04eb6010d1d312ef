import type { WindowRow } from '../limits/index.js';
import type { Statement } from '../prisma/index.js';

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

export interface PhoneRow {
  readonly purpose: string;
  readonly phone_key: Uint8Array;
  readonly phone_sealed: Uint8Array;
  readonly key_version: number;
  readonly code_length: number;
  readonly checks: number;
  readonly max_checks: number;
}

export interface ReopenedRow extends OpenedRow, PhoneRow {
  readonly ended: 'not_found' | 'expired' | 'exhausted' | 'opted_out' | null;
  readonly channel: string;
}

export type GuessRow = PhoneRow;

export interface EndedRow {
  readonly status: string;
  readonly expired: boolean;
  readonly seconds_left: number;
}

const parameters = (count: number) => Array.from({ length: count }, (_, index) => `$${index + 1}`).join(', ');

export const START: StatementOf<OpenedRow> = {
  name: 'start_verification',
  text: `SELECT *, floor(extract(epoch FROM expires_at - created_at))::int AS secs_left
    FROM start_verification(${parameters(20)})`,
};

export const RESEND: StatementOf<ReopenedRow> = {
  name: 'resend_verification',
  text: `SELECT *, floor(extract(epoch FROM expires_at - coalesce($10::timestamptz, clock_timestamp())))::int AS secs_left
    FROM resend_verification(${parameters(10)})`,
};

/** The guess is counted before it is compared, so no interleaving compares one more than allowed. */
export const COUNT_GUESS: StatementOf<GuessRow> = {
  name: 'count_guess',
  text: `UPDATE verifications SET checks = checks + 1
    WHERE id = $1 AND status = 'pending' AND checks < max_checks AND ($2::text IS NULL OR purpose = $2)
      AND expires_at > coalesce($3::timestamptz, clock_timestamp())
    RETURNING purpose, phone_key, phone_sealed, key_version, code_length, checks, max_checks`,
};

export const APPROVE: StatementOf<{ readonly ended_at: Date }> = {
  name: 'approve',
  text: `UPDATE verifications SET status = 'approved', ended_at = coalesce($2::timestamptz, clock_timestamp())
    WHERE id = $1 AND status = 'pending' RETURNING ended_at`,
};

export const CANCEL: Statement = {
  name: 'cancel',
  text: `UPDATE verifications SET status = 'canceled', ended_at = coalesce($2::timestamptz, clock_timestamp())
    WHERE id = $1 AND status = 'pending' AND expires_at > coalesce($2::timestamptz, clock_timestamp()) RETURNING id`,
};

export const STANDING: StatementOf<EndedRow> = {
  name: 'standing',
  text: `SELECT status::text, expires_at <= at AS expired, ceil(extract(epoch FROM expires_at - at))::int AS seconds_left
    FROM verifications, LATERAL (SELECT coalesce($3::timestamptz, clock_timestamp())) AS now(at)
    WHERE id = $1 AND ($2::text IS NULL OR purpose = $2)`,
};

export const WINDOW: StatementOf<WindowRow> = {
  name: 'window_state',
  text: `SELECT state.* FROM limit_windows, LATERAL window_state(hits, $2, $3, coalesce($4::timestamptz, clock_timestamp())) AS state
    WHERE key = $1`,
};
