import { audited, type AuditParameters } from '../audit/index.js';
import { named } from '../prisma/index.js';

export interface SessionRow {
  readonly id: string;
  readonly expires_at: Date;
}

interface Moment {
  /** Null: the database's clock. */
  readonly now: Date | null;
}

const NOW = 'coalesce(:now::timestamptz, clock_timestamp())';
const IDLE = "interval '30 minutes'";
const WHOLE = "interval '12 hours'";

/** Whoever signs in anew ends the session that his browser still has; what has run out goes with it. */
export const BEGIN = named<
  Moment &
    AuditParameters & {
      readonly id: string;
      readonly token_hash: Uint8Array;
      readonly former_hash: Uint8Array | null;
      readonly password_key: Uint8Array;
    }
>(
  'begin_admin_session',
  `WITH gone AS (
    DELETE FROM admin_sessions WHERE token_hash = :former_hash::bytea OR expires_at <= ${NOW} OR last_seen_at <= ${NOW} - ${IDLE}),
  begun AS (
    INSERT INTO admin_sessions (id, token_hash, password_key, created_at, last_seen_at, expires_at)
    VALUES (:id::uuid, :token_hash::bytea, :password_key::bytea, ${NOW}, ${NOW}, ${NOW} + ${WHOLE}) RETURNING id, expires_at),
  ${audited('begun', 'id')}
  SELECT * FROM begun`,
);

export const SEEN = named<Moment & { readonly token_hash: Uint8Array; readonly password_key: Uint8Array }>(
  'seen_admin_session',
  `UPDATE admin_sessions SET last_seen_at = ${NOW}
  WHERE token_hash = :token_hash AND password_key = :password_key AND expires_at > ${NOW} AND last_seen_at > ${NOW} - ${IDLE}
  RETURNING id, expires_at`,
);

/** The same without a word of the operator's. */
export const IS_OPEN = named<Moment & { readonly token_hash: Uint8Array; readonly password_key: Uint8Array }>(
  'is_admin_session_open',
  `SELECT id FROM admin_sessions
  WHERE token_hash = :token_hash AND password_key = :password_key AND expires_at > ${NOW} AND last_seen_at > ${NOW} - ${IDLE}`,
);

export const END = named<AuditParameters & { readonly token_hash: Uint8Array }>(
  'end_admin_session',
  `WITH ended AS (DELETE FROM admin_sessions WHERE token_hash = :token_hash RETURNING id),
  ${audited('ended', 'id')}
  SELECT * FROM ended`,
);
