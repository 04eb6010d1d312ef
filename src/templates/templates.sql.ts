import { audited, type AuditParameters } from '../audit/index.js';
import { named } from '../prisma/index.js';

export interface TemplateRow {
  readonly name: string;
  readonly locale: string;
  readonly variant: string | null;
  readonly version: number;
  readonly body: string;
}

interface Id extends AuditParameters {
  readonly name: string;
  readonly locale: string;
  readonly variant: string | null;
}

const SUBJECT = `:name::text || '/' || :locale::text || coalesce('@' || :variant::text, '')`;

/** Rows are only added and marked: whatever happens changes one of these. */
export const STAMP = {
  name: 'template_stamp',
  text: `SELECT count(*)::int AS rows, count(deleted_at)::int AS gone FROM message_templates`,
} as const;

/** The newest version of each that is not deleted. */
export const CURRENT = {
  name: 'current_templates',
  text: `SELECT DISTINCT ON (name, locale, variant) name, locale, variant, version, body FROM message_templates
    WHERE deleted_at IS NULL ORDER BY name, locale, variant, version DESC`,
} as const;

export const PUT = named<Id & { readonly id: string; readonly body: string }>(
  'put_template',
  `WITH done AS MATERIALIZED (
      SELECT put_message_template(:id, :name::text, :locale::text, :variant::text, :body::text, :audit_who::text, :audit_at::timestamptz) AS version),
    ${audited('done', `${SUBJECT} || ' ' || done.version`)}
    SELECT version FROM done`,
);

export const DELETE = named<Id>(
  'delete_template',
  `WITH gone AS (UPDATE message_templates SET deleted_at = coalesce(:audit_at::timestamptz, clock_timestamp())
      WHERE name = :name AND locale = :locale AND variant IS NOT DISTINCT FROM :variant::text AND deleted_at IS NULL RETURNING id),
    done AS (SELECT count(*)::int AS versions FROM gone HAVING count(*) > 0),
    ${audited('done', SUBJECT)}
    SELECT versions FROM done`,
);
