import { audited, type AuditParameters } from '../audit/index.js';
import { named } from '../prisma/index.js';

export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly created_at: Date;
  readonly created_by: string;
  readonly last_used_at: Date | null;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

export type ActiveRow = Pick<KeyRow, 'id' | 'name' | 'scopes' | 'expires_at'> & { readonly hash: string };

const NOW = 'coalesce(:now::timestamptz, clock_timestamp())';
const COLUMNS = 'id, name, hint, scopes, created_at, created_by, last_used_at, expires_at, revoked_at';

interface NewKey {
  readonly id: string;
  readonly name: string;
  readonly hash: Uint8Array;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly created_by: string;
  readonly expires_at: Date | null;
  readonly now: Date | null;
}

/** No row: the name is taken. */
export const CREATE = named<NewKey & AuditParameters>(
  'create_api_key',
  `WITH made AS (
    INSERT INTO api_keys (id, name, active_name, hash, hint, scopes, created_at, created_by, expires_at)
    VALUES (:id::uuid, :name::text, :name::text, :hash, :hint, :scopes::text[], ${NOW}, :created_by, :expires_at::timestamptz)
    ON CONFLICT (active_name) DO NOTHING RETURNING ${COLUMNS}),
  ${audited('made', 'id')}
  SELECT * FROM made`,
);

/** No row: there is none, or it is revoked already. */
export const REVOKE = named<{ readonly id: string; readonly now: Date | null } & AuditParameters>(
  'revoke_api_key',
  `WITH revoked AS (
    UPDATE api_keys SET revoked_at = ${NOW}, active_name = NULL WHERE id = :id::uuid AND revoked_at IS NULL RETURNING ${COLUMNS}),
  ${audited('revoked', 'id')}
  SELECT * FROM revoked`,
);

export const ACTIVE = named<{ readonly now: Date | null }>(
  'active_api_keys',
  `SELECT id, name, scopes, expires_at, encode(hash, 'hex') AS hash FROM api_keys
  WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${NOW})`,
);

export const TOUCH = named<{ readonly ids: readonly string[]; readonly times: readonly string[] }>(
  'touch_api_keys',
  `UPDATE api_keys SET last_used_at = greatest(last_used_at, used.at::timestamptz)
  FROM unnest(:ids::text[], :times::text[]) AS used (id, at) WHERE api_keys.id = used.id::uuid`,
);

export const LIST = named<object>('list_api_keys', `SELECT ${COLUMNS} FROM api_keys ORDER BY created_at DESC, id`);
