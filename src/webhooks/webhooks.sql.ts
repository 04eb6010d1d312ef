import { named, type Statement } from '../prisma/index.js';

/** One delivery that is now ours, until its lease runs out. */
export interface ClaimedWebhook {
  readonly id: string;
  readonly turn: number;
  /** With the one to come. */
  readonly tries: number;
  readonly endpoint_id: string;
  readonly url: string;
  readonly secret_sealed: Uint8Array;
  readonly secret_version: number;
  /** Null unless the secret was rotated lately. */
  readonly former_sealed: Uint8Array | null;
  readonly former_version: number | null;
  readonly event_id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly occurred_at: Date;
  /** Null before the first try. */
  readonly body: string | null;
  readonly phone_key: Uint8Array | null;
  readonly phone_sealed: Uint8Array | null;
  readonly key_version: number | null;
}

export interface RecordedWebhook {
  readonly endpoint_id: string;
  /** Why the endpoint gets nothing any more, if this try was the reason. */
  readonly disabled: 'gone' | 'failing' | null;
}

export const CLAIM_WEBHOOKS: Statement = {
  name: 'claim_webhooks',
  text: 'SELECT * FROM claim_webhooks($1, $2::uuid[], $3, $4)',
};

/** Whoever builds a body first, all send that one. */
export const KEEP_BODY: Statement = {
  name: 'keep_webhook_body',
  text: 'UPDATE webhook_events SET body = coalesce(body, $2) WHERE id = $1::uuid RETURNING body',
};

export interface RecordParameters {
  readonly id: string;
  readonly turn: number;
  readonly delivered: boolean;
  readonly status: number | null;
  readonly error: string | null;
  readonly retry_ms: number | null;
  readonly gone: boolean;
  readonly patience_secs: number;
  readonly at: Date | null;
}

export const RECORD_WEBHOOK = named<RecordParameters>(
  'record_webhook',
  `SELECT * FROM record_webhook(:id::uuid, :turn::int, :delivered::boolean, :status::int, :error::text, :retry_ms::bigint, :gone::boolean,
    :patience_secs::int, :at::timestamptz)`,
);

export const PRUNE_WEBHOOKS: Statement = {
  name: 'prune_webhooks',
  text: 'SELECT prune_webhooks($1, $2, $3) AS pruned',
};

export const TELL_WEBHOOKS: Statement = {
  name: 'tell_webhooks',
  text: 'SELECT tell_webhooks($1, NULL, $2::jsonb, $3, $4::uuid) AS id',
};

export const FORGET_WEBHOOKS: Statement = { name: 'forget_webhooks', text: 'SELECT forget_webhooks($1::uuid[])' };

const NOW = (parameter: number) => `coalesce($${parameter}::timestamptz, clock_timestamp())`;
const AGAIN = (at: string) => `status = 'pending', tries = 0, next_at = ${at}, lease_until = NULL, delivered_at = NULL`;
const IDLE = (at: string) => `(lease_until IS NULL OR lease_until <= ${at})`;

/** From the first try on; no row when it is under way. */
export const REPLAY_ONE: Statement = {
  name: 'replay_webhook',
  text: `UPDATE webhook_deliveries SET ${AGAIN(NOW(2))} WHERE id = $1::uuid AND ${IDLE(NOW(2))} RETURNING id`,
};

/** Up to $3 of what failed, or waits for another try, of one endpoint and since $2; oldest first. */
export const REPLAY_MANY: Statement = {
  name: 'replay_webhooks',
  text: `UPDATE webhook_deliveries AS d SET ${AGAIN(NOW(4))} FROM (
      SELECT id FROM webhook_deliveries WHERE endpoint_id = $1::uuid AND created_at >= $2 AND ${IDLE(NOW(4))}
        AND (status = 'failed' OR (status = 'pending' AND tries > 0)) ORDER BY created_at LIMIT $3 FOR UPDATE SKIP LOCKED) AS due
    WHERE d.id = due.id RETURNING d.id`,
};

/** The one before is good for $4 seconds more. No row: there is no such endpoint. */
export const ROTATE_SECRET: Statement = {
  name: 'rotate_webhook_secret',
  text: `UPDATE webhook_endpoints SET former_sealed = secret_sealed, former_key_version = key_version,
      former_until = ${NOW(5)} + make_interval(secs => $4::int), secret_sealed = $2, key_version = $3
    WHERE id = $1::uuid RETURNING former_until`,
};
