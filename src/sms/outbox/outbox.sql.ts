import type { Statement } from '../../prisma/index.js';

/** A message that is now ours, until its lease runs out. */
export interface ClaimedRow {
  readonly id: string;
  readonly verification_id: string | null;
  readonly phone_key: Uint8Array;
  readonly phone_sealed: Uint8Array;
  readonly key_version: number;
  readonly template: string;
  readonly expires_in_ms: number;
  readonly tries: number;
  /** Providers whose try ended without an answer. */
  readonly may_have_sent: readonly string[];
}

export const CLAIM: Statement = { name: 'claim_messages', text: 'SELECT * FROM claim_messages($1, $2, $3)' };

const NOW = (parameter: number) => `coalesce($${parameter}::timestamptz, clock_timestamp())`;

/** A process that lost its lease begins nothing: no row, no try. */
const OURS = (parameter: number) => `status = 'sending' AND lease_until > ${NOW(parameter)}`;

export const BEGIN: Statement = {
  name: 'begin_attempt',
  text: `INSERT INTO attempts (id, message_id, provider, started_at)
    SELECT $2::uuid, id, $3, ${NOW(4)} FROM messages WHERE id = $1::uuid AND ${OURS(4)} RETURNING id`,
};

export const FAIL_OVER: Statement = {
  name: 'fail_over',
  text: `WITH ended AS (
      UPDATE attempts SET outcome = $2::attempt_outcome, fault = $3, provider_message_id = $4, ended_at = ${NOW(7)}
        WHERE id = $1::uuid RETURNING message_id
    )
    INSERT INTO attempts (id, message_id, provider, started_at)
    SELECT $5::uuid, id, $6, ${NOW(7)} FROM messages WHERE id = (SELECT message_id FROM ended) AND ${OURS(7)} RETURNING id`,
};

export const RECORD: Statement = {
  name: 'record_dispatch',
  text: 'SELECT record_dispatch($1, $2, $3, $4, $5, $6, $7, $8)',
};
