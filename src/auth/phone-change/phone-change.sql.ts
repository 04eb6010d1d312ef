import { named } from '../../prisma/index.js';

const NOW = 'coalesce(:at::timestamptz, clock_timestamp())';

export interface OpenParameters {
  readonly id: string;
  readonly session: string;
  readonly current: string;
  readonly new: string;
  readonly expires: Date;
  readonly at: Date | null;
}

/** Nothing where the session was erased meanwhile. Two go for each that comes, so what has ended never piles up. */
export const OPEN = named<OpenParameters>(
  'open_phone_change',
  `WITH gone AS (
      DELETE FROM phone_changes WHERE id = ANY (ARRAY(
        SELECT id FROM phone_changes WHERE expires_at <= ${NOW} ORDER BY expires_at LIMIT 2 FOR UPDATE SKIP LOCKED))
    )
    INSERT INTO phone_changes (id, session_id, current_id, new_id, expires_at)
      SELECT :id::uuid, id, :current::uuid, :new::uuid, :expires::timestamptz FROM sessions WHERE id = :session::uuid FOR KEY SHARE`,
);

export interface FindParameters {
  readonly id: string;
  readonly session: string;
}

export interface PhoneChangeRow {
  readonly current_id: string;
  readonly new_id: string;
}

export const FIND = named<FindParameters>(
  'find_phone_change',
  'SELECT current_id, new_id FROM phone_changes WHERE id = :id AND session_id = :session AND done_at IS NULL',
);

export interface ChangeParameters extends FindParameters {
  readonly current: Uint8Array;
  readonly current_former: Uint8Array | null;
  readonly key: Uint8Array;
  readonly former: Uint8Array | null;
  readonly sealed: Uint8Array;
  readonly version: number;
  readonly at: Date | null;
}

export interface ChangedRow {
  readonly outcome: 'changed' | 'taken' | 'ended';
  readonly revoked: number | null;
}

export const CHANGE = named<ChangeParameters>(
  'change_phone',
  'SELECT * FROM change_phone(:id, :session, :current, :current_former, :key, :former, :sealed, :version, :at)',
);
