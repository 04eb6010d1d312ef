import type { SealedPhone } from '../../kernel/index.js';
import { named, type NamedStatement } from '../../prisma/index.js';

/** How many of the newest are looked through for those of one status, provider or country, at a time. */
export const SCANNED = 5_000;
const NOW = 'coalesce(:now::timestamptz, now())';

export interface PageParameters {
  readonly phone_keys: readonly Uint8Array[] | null;
  readonly id: string | null;
  readonly status: string | null;
  /** Of messages: who was asked last. */
  readonly provider: string | null;
  /** Of messages. */
  readonly country: string | null;
  readonly before: string | null;
  /** Rows that are looked at. */
  readonly scan: number;
  /** Rows that are answered. */
  readonly most: number;
  readonly now: Date | null;
}

/** Beside every row, and alone where none was found. */
export interface PageRow {
  readonly id: string | null;
  readonly scanned: number;
  readonly last_id: string | null;
}

export interface VerificationRow extends SealedPhone {
  readonly id: string;
  readonly status: string;
  readonly purpose: string;
  readonly channel: string;
  readonly locale: string | null;
  readonly sends: number;
  readonly checks: number;
  readonly max_checks: number;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly ended_at: Date | null;
  readonly country: string | null;
  readonly delivery: string | null;
}

const VERIFICATION = `v.id, CASE WHEN v.status = 'pending' AND v.expires_at <= ${NOW} THEN 'expired' ELSE v.status::text END AS status,
    v.purpose, v.channel, v.locale, v.sends, v.checks, v.max_checks, v.created_at, v.expires_at, v.ended_at, v.phone_key,
    v.phone_sealed, v.key_version`;
const NEWEST_TEXT = `LEFT JOIN LATERAL (
      SELECT status::text AS delivery, country FROM messages WHERE verification_id = v.id ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS newest ON true`;

/** A page and where it ends: `scanned` has what was looked at, newest first by `begun`. @param only more that a row has to be */
const page = (columns: string, joins: string, only = '') => `
    SELECT found.*, ends.scanned, ends.last_id
      FROM (SELECT count(*)::int AS scanned, (array_agg(id ORDER BY begun, id))[1] AS last_id FROM scanned) AS ends
        LEFT JOIN LATERAL (
          SELECT ${columns} FROM scanned ${joins}
            WHERE (:status::text IS NULL OR scanned.status = :status) ${only} ORDER BY scanned.begun DESC, scanned.id DESC LIMIT :most::int
        ) AS found ON true`;

/** What is not asked for is not in the statement, so that each has the plan that fits it. */
const which = ({ phone_keys, before }: PageParameters) => ({
  name: `${phone_keys ? '_of_phone' : ''}${before ? '_before' : ''}`,
  ofPhone: phone_keys ? 'AND phone_key = ANY (phone_keys(:phone_keys::bytea[]))' : '',
  isBefore: before !== null,
});
const older = (isBefore: boolean, id: string) =>
  isBefore
    ? `AND created_at <= (SELECT begun FROM edge) AND (created_at, ${id}) < ((SELECT begun FROM edge), (SELECT id FROM edge))`
    : '';

export function findVerifications(asked: PageParameters): NamedStatement<PageParameters> {
  const { name, ofPhone, isBefore } = which(asked);
  return named<PageParameters>(
    `find_verifications${name}${asked.id ? '_by_id' : ''}`,
    `WITH ${isBefore ? 'edge AS (SELECT id, created_at AS begun FROM verifications WHERE id = :before::uuid), ' : ''}scanned AS (
      SELECT id, created_at AS begun, CASE WHEN status = 'pending' AND expires_at <= ${NOW} THEN 'expired' ELSE status::text END AS status
        FROM verifications WHERE true ${ofPhone} ${asked.id ? 'AND id = :id::uuid' : ''} ${older(isBefore, 'id')}
        ORDER BY created_at DESC, id DESC LIMIT :scan::int
    )${page(`${VERIFICATION}, newest.delivery, newest.country`, `JOIN verifications AS v ON v.id = scanned.id ${NEWEST_TEXT}`)}`,
  );
}

export interface MessageRow extends SealedPhone {
  readonly id: string;
  readonly verification_id: string | null;
  readonly status: string;
  readonly country: string | null;
  readonly channel: string;
  readonly channels: readonly { readonly channel: string }[] | null;
  readonly locale: string | null;
  readonly template: string;
  readonly template_version: number | null;
  readonly variant: string | null;
  readonly reserved: string;
  readonly created_at: Date;
  readonly provider: string | null;
  readonly tries: number;
  readonly cost: string;
}

const MESSAGE = `m.id, m.verification_id, m.status::text AS status, m.country, m.channel, m.channels, m.locale, m.template,
    m.template_version, m.variant, m.reserved_micros::text AS reserved, m.created_at, m.phone_key, m.phone_sealed, m.key_version,
    tried.provider, tried.tries, tried.cost`;
const TRIED = `CROSS JOIN LATERAL (
      SELECT (array_agg(provider ORDER BY started_at DESC))[1] AS provider, count(*)::int AS tries,
        coalesce(sum(cost_micros), 0)::text AS cost FROM attempts WHERE message_id = m.id
    ) AS tried`;

/** Texts of their own by their index, those of verifications by the index of these: one over all texts would cost every start. */
export function findMessages(asked: PageParameters): NamedStatement<PageParameters> {
  const { name, ofPhone, isBefore } = which(asked);
  const only = `${asked.provider ? 'AND tried.provider = :provider' : ''} ${asked.country ? 'AND m.country = :country' : ''}`;
  const edge = `edge AS (SELECT m.id, coalesce(v.created_at, m.created_at) AS begun FROM messages AS m
      LEFT JOIN verifications AS v ON v.id = m.verification_id WHERE m.id = :before::uuid), `;
  return named<PageParameters>(
    `find_messages${name}${asked.provider ? '_by_provider' : ''}${asked.country ? '_in_country' : ''}`,
    `WITH ${isBefore ? edge : ''}alone AS (
      SELECT id, created_at AS begun, status::text AS status FROM messages
        WHERE verification_id IS NULL ${ofPhone} ${older(isBefore, 'id')} ORDER BY created_at DESC, id DESC LIMIT :scan::int
    ), coded AS (
      SELECT m.id, v.created_at AS begun, m.status::text AS status FROM (
          SELECT id, created_at FROM verifications WHERE true ${ofPhone} ${isBefore ? 'AND created_at <= (SELECT begun FROM edge)' : ''}
            ORDER BY created_at DESC LIMIT :scan::int + 10) AS v
        JOIN messages AS m ON m.verification_id = v.id
        ${isBefore ? 'WHERE (v.created_at, m.id) < ((SELECT begun FROM edge), (SELECT id FROM edge))' : ''}
    ), scanned AS (
      SELECT * FROM (SELECT * FROM alone UNION ALL SELECT * FROM coded) AS texts ORDER BY begun DESC, id DESC LIMIT :scan::int
    )${page(MESSAGE, `JOIN messages AS m ON m.id = scanned.id ${TRIED}`, only)}`,
  );
}

export const VERIFICATION_BY_ID = named<{ readonly id: string; readonly now: Date | null }>(
  'verification_way',
  `SELECT ${VERIFICATION}, newest.delivery, newest.country FROM verifications AS v ${NEWEST_TEXT} WHERE v.id = :id::uuid`,
);

export const MESSAGE_BY_ID = named<{ readonly id: string }>(
  'message_way',
  `SELECT ${MESSAGE} FROM messages AS m ${TRIED} WHERE m.id = :id::uuid`,
);

export const MESSAGES_OF = named<{ readonly id: string }>(
  'messages_of_way',
  `SELECT ${MESSAGE} FROM messages AS m ${TRIED} WHERE m.verification_id = :id::uuid ORDER BY m.created_at, m.id`,
);

export interface AttemptRow {
  readonly id: string;
  readonly message_id: string;
  readonly provider: string;
  readonly outcome: string;
  readonly fault: string | null;
  readonly follow_up: boolean;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly report: string | null;
  readonly report_code: string | null;
  readonly not_on_channel: boolean;
  readonly reported_at: Date | null;
  readonly delivered_at: Date | null;
  readonly cost: string | null;
  readonly channel: string;
  readonly sender: string | null;
  readonly route: string | null;
}

export const ATTEMPTS_OF = named<{ readonly messages: readonly string[] }>(
  'attempts_of_way',
  `SELECT id, message_id, provider, outcome::text, fault, follow_up, started_at, ended_at, report::text, report_code, not_on_channel,
      reported_at, delivered_at, cost_micros::text AS cost, channel, sender, route
    FROM attempts WHERE message_id = ANY (:messages::uuid[]) ORDER BY started_at, id`,
);

export interface DecisionRow {
  readonly id: string;
  readonly at: Date;
  readonly country: string;
  readonly line_type: string | null;
  readonly mode: string;
  readonly verdict: string;
  readonly level: number | null;
  readonly reason: string | null;
  readonly known: boolean;
  readonly challenge: string | null;
}

/** Of a start by the verification's id, of another text by its own. */
export const DECISIONS_OF = named<{ readonly ids: readonly string[] }>(
  'decisions_of_way',
  `SELECT id, at, country, line_type, mode, verdict, level, reason, known, challenge FROM send_decisions
    WHERE id = ANY (:ids::uuid[]) ORDER BY at`,
);
