import { named } from '../../prisma/index.js';

/** Rows that are looked at of each kind: whoever has more in a queue needs no exact number. */
export const MOST_ROWS = 10_000;

export interface QueuesRow {
  /** Wait for their time, or for another try. */
  readonly waiting: number;
  /** A process is at work on them. */
  readonly under_way: number;
  /** A provider took them, and its network's word is waited for. */
  readonly watched: number;
  /** Their time has come, and nobody has taken them up. */
  readonly due: number;
  readonly oldest_secs: number;
  readonly reserved_micros: string;
  readonly held_micros: string;
  readonly webhooks_waiting: number;
  readonly webhooks_oldest_secs: number;
  readonly endpoints: number;
  readonly endpoints_failing: number;
  readonly endpoints_disabled: number;
  readonly batches_loading: number;
  readonly batches_running: number;
  readonly batches_paused: number;
  readonly batch_messages: number;
}

const AT = 'coalesce(:at::timestamptz, clock_timestamp())';

/** Everything in one look, by indexes, and not far: a queue that has got out of hand must not be what makes a scrape slow. */
export const QUEUES = named<{ readonly at: Date | null }>(
  'metrics_queues',
  `WITH leased AS MATERIALIZED (
      SELECT status, lease_until, is_held, reserved_micros FROM messages WHERE lease_until IS NOT NULL ORDER BY lease_until LIMIT ${MOST_ROWS}
    ), outbox AS (
      SELECT count(*) FILTER (WHERE status = 'queued')::int AS waiting, count(*) FILTER (WHERE status = 'sending')::int AS under_way,
          count(*) FILTER (WHERE status NOT IN ('queued', 'sending'))::int AS watched, count(*) FILTER (WHERE lease_until <= ${AT})::int AS due,
          coalesce(greatest(extract(epoch FROM ${AT} - min(lease_until)), 0), 0)::float8 AS oldest_secs,
          coalesce(sum(reserved_micros) FILTER (WHERE is_held), 0)::text AS reserved_micros
        FROM leased
    ), endpoint AS MATERIALIZED (
      SELECT id, disabled_at, failing_since FROM webhook_endpoints LIMIT 1000
    ), webhooks AS (
      SELECT count(*)::int AS webhooks_waiting, coalesce(greatest(extract(epoch FROM ${AT} - min(next_at)), 0), 0)::float8 AS webhooks_oldest_secs
        FROM endpoint CROSS JOIN LATERAL (
          SELECT next_at FROM webhook_deliveries AS d WHERE d.endpoint_id = endpoint.id AND next_at IS NOT NULL ORDER BY next_at
            LIMIT ${MOST_ROWS / 10}) AS delivery
        WHERE disabled_at IS NULL
    ), endpoints AS (
      SELECT count(*) FILTER (WHERE disabled_at IS NULL)::int AS endpoints, count(*) FILTER (WHERE disabled_at IS NOT NULL)::int AS endpoints_disabled,
          count(*) FILTER (WHERE disabled_at IS NULL AND failing_since IS NOT NULL)::int AS endpoints_failing
        FROM endpoint
    ), batches AS (
      SELECT count(*) FILTER (WHERE status = 'loading')::int AS batches_loading, count(*) FILTER (WHERE status = 'running')::int AS batches_running,
          count(*) FILTER (WHERE status = 'paused')::int AS batches_paused
        FROM (SELECT status FROM batches ORDER BY created_at DESC LIMIT 1000) AS newest
    ), batch_messages AS (
      SELECT count(*)::int AS batch_messages FROM (SELECT 1 FROM messages WHERE send_after IS NOT NULL LIMIT ${MOST_ROWS}) AS waiting
    )
    SELECT *, coalesce((SELECT held_micros FROM spend_days WHERE day = (${AT} AT TIME ZONE 'UTC')::date), 0)::text AS held_micros
      FROM outbox, webhooks, endpoints, batches, batch_messages`,
);
