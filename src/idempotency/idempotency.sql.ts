import type { Statement } from '../prisma/index.js';

export interface ClaimRow {
  readonly state: 'ours' | 'running' | 'mismatch' | 'answered';
  readonly key: Uint8Array;
  readonly seed: string;
  /** Set together, once there is an answer. */
  readonly key_version: number | null;
  readonly answer_sealed: Uint8Array | null;
}

export const CLAIM: Statement = {
  name: 'claim_idempotency_key',
  text: 'SELECT * FROM claim_idempotency_key($1, $2, $3, $4, $5, $6, $7)',
};

/** An execution whose lease somebody else took over changes nothing any more. */
const OURS = 'key = $1 AND holder = $2';

export const KEEP: Statement = {
  name: 'keep_answer',
  text: `UPDATE idempotency_keys SET key_version = $3, answer_sealed = $4 WHERE ${OURS}`,
};

export const FORGET: Statement = {
  name: 'forget_idempotency_key',
  text: `DELETE FROM idempotency_keys WHERE ${OURS}`,
};

export const LEAVE: Statement = {
  name: 'leave_idempotency_key',
  text: `UPDATE idempotency_keys SET lease_until = coalesce($3::timestamptz, clock_timestamp()) WHERE ${OURS}`,
};
