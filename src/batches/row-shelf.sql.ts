import { named } from '../prisma/index.js';
import { NOW } from './batch.sql.js';

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
