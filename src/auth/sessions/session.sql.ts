import type { SealedPhone } from '../../kernel/index.js';
import { named } from '../../prisma/index.js';

const NOW = 'coalesce(:at::timestamptz, clock_timestamp())';

export interface SignInParameters {
  /** That was approved; no user comes of one that was erased meanwhile. */
  readonly verification: string;
  readonly key: Uint8Array;
  readonly former: Uint8Array | null;
  readonly sealed: Uint8Array;
  readonly version: number;
  /** The user's id if there is none yet. */
  readonly user: string;
  readonly session: string;
  readonly client: string | null;
  readonly hash: Uint8Array;
  readonly life_secs: number;
  readonly idle_secs: number;
  readonly at: Date | null;
}

export interface SignedInRow {
  /** Null: the verification was erased. */
  readonly user_id: string | null;
  readonly is_new: boolean;
  readonly refresh_secs: number;
  readonly at: Date;
}

export const SIGN_IN = named<SignInParameters>(
  'sign_in',
  'SELECT * FROM sign_in(:verification, :key, :former, :sealed, :version, :user, :session, :client, :hash, :life_secs, :idle_secs, :at)',
);

export interface RefreshParameters {
  readonly hash: Uint8Array;
  readonly next: Uint8Array;
  readonly idle_secs: number;
  readonly at: Date | null;
}

export interface RefreshedRow {
  readonly state: 'refreshed' | 'unknown' | 'ended' | 'reused';
  readonly revoked_now: boolean;
  readonly session_id: string;
  readonly user_id: string;
  readonly signed_in_at: Date;
  readonly refresh_secs: number;
  readonly at: Date;
}

export const REFRESH = named<RefreshParameters>(
  'refresh_session',
  'SELECT * FROM refresh_session(:hash, :next, :idle_secs, :at)',
);

export interface BearerParameters {
  readonly session: string;
  readonly user: string;
  readonly expires: Date;
  readonly at: Date | null;
}

export interface BearerRow extends SealedPhone {
  readonly signed_in_at: Date;
  readonly user_since: Date;
}

/** Whose token it is, as long as token and session are both alive. */
export const BEARER = named<BearerParameters>(
  'bearer',
  `SELECT sessions.created_at AS signed_in_at, users.created_at AS user_since, phone_key, phone_sealed, key_version
    FROM sessions JOIN users ON users.id = sessions.user_id
    WHERE sessions.id = :session AND user_id = :user AND is_live(sessions, ${NOW}) AND :expires::timestamptz > ${NOW}`,
);

export interface ListParameters {
  readonly user: string;
  readonly at: Date | null;
}

export interface SessionRow {
  readonly id: string;
  readonly client: string | null;
  readonly created_at: Date;
  readonly refreshed_at: Date;
  readonly ends_at: Date;
}

export const LIST = named<ListParameters>(
  'list_sessions',
  `SELECT id, client, created_at, refreshed_at, least(idle_at, expires_at) AS ends_at FROM sessions
    WHERE user_id = :user AND is_live(sessions, ${NOW}) ORDER BY refreshed_at DESC LIMIT 100`,
);

export interface RevokeParameters {
  readonly user: string;
  /** Null: all of the user's. */
  readonly only: string | null;
  readonly because: string;
  readonly at: Date | null;
}

export const REVOKE = named<RevokeParameters>(
  'revoke_sessions',
  'SELECT revoke_sessions(:user, :only, NULL, :because, :at) AS revoked',
);
