import { Inject, Injectable, Logger } from '@nestjs/common';
import type { Gauge } from 'prom-client';

import { Clock } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { Redis } from '../../redis/index.js';
import { Metrics } from '../metrics.js';
import { METRICS_OPTIONS, type MetricsOptions } from '../metrics.options.js';
import { MOST_ROWS, QUEUES, type QueuesRow } from './store.sql.js';

const CACHE_MS = 1_000;
/** Prometheus gives a scrape 10 seconds; a database that is away must not take them all. */
const TIMEOUT_MS = 2_000;
const MICROS = 1_000_000;

/** What waits in the database, and whether it and Redis answer. Read when somebody asks, at most once a second. */
@Injectable()
export class StoreMetrics {
  private readonly logger = new Logger('Metrics');
  private readonly set: (row: QueuesRow) => void;
  private readonly up: Gauge;
  private readonly redisUp: Gauge | undefined;
  private looked: Promise<void> | undefined;
  private until = -Infinity;

  constructor(
    metrics: Metrics,
    private readonly database: Database,
    @Inject(Redis) private readonly redis: Redis | null,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(METRICS_OPTIONS) private readonly options: MetricsOptions,
  ) {
    this.set = gaugesOf(metrics);
    this.up = metrics.gauge('sixdigit_database_up', '1 while the database answers');
    if (redis)
      this.redisUp = metrics.gauge('sixdigit_redis_up', '1 while Redis answers; not there where none is configured');
    const connections = metrics.gauge('sixdigit_database_connections', 'Connections to the database, by what they do', [
      'state',
    ]);
    const waiting = metrics.gauge('sixdigit_database_waiting', 'Statements that wait for a connection');
    metrics.collect(() => {
      const { total, idle, waiting: queued } = database.connections;
      connections.set({ state: 'idle' }, idle);
      connections.set({ state: 'busy' }, total - idle);
      waiting.set(queued);
    });
    metrics.collect(() => this.lookOnce());
  }

  /** Whoever asks while somebody else does, or just after, gets the same answer. */
  private lookOnce(): Promise<void> {
    if (this.looked && performance.now() < this.until) return this.looked;
    this.until = Infinity;
    this.looked = Promise.all([this.lookAtDatabase(), this.lookAtRedis()]).then(() => {
      this.until = performance.now() + (this.options.cacheMs ?? CACHE_MS);
    });
    return this.looked;
  }

  private async lookAtDatabase(): Promise<void> {
    const values = valuesFor(QUEUES, { at: this.clock.databaseTime() });
    const rows = await this.inTime(this.database.query<QueuesRow>(QUEUES, values));
    this.up.set(rows ? 1 : 0);
    if (rows?.[0]) this.set(rows[0]);
  }

  private async lookAtRedis(): Promise<void> {
    if (!this.redis) return;
    const ping = this.redis.ping().then(() => true);
    this.redisUp?.set((await this.inTime(ping)) ? 1 : 0);
  }

  /** Undefined when it failed, or took too long. */
  private async inTime<T>(work: Promise<T>): Promise<T | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), TIMEOUT_MS)));
    const failed = (error: unknown) => {
      this.logger.debug(`a store does not answer: ${error instanceof Error ? error.name : 'unknown failure'}`);
      return undefined;
    };
    return Promise.race([work.catch(failed), tooLong]).finally(() => clearTimeout(timer));
  }
}

function gaugesOf(metrics: Metrics): (row: QueuesRow) => void {
  const upTo = `at most ${MOST_ROWS} are counted`;
  const outbox = metrics.gauge(
    'sixdigit_outbox_messages',
    `Messages that are not final, by what they wait for; ${upTo}`,
    ['state'],
  );
  const due = metrics.gauge(
    'sixdigit_outbox_due',
    `Messages whose time has come and that nobody has taken up; ${upTo}`,
  );
  const oldest = metrics.gauge('sixdigit_outbox_oldest_due_age_seconds', 'How long the oldest of them has been due');
  const held = metrics.gauge('sixdigit_spend_held_dollars', "Reserved and booked of today's cap (UTC), as it is now");
  const reserved = metrics.gauge('sixdigit_spend_reserved_dollars', 'Reserved for tries that are still to come');
  const settled = metrics.gauge('sixdigit_spend_settled_dollars', 'Booked today for texts that are or may be out');
  const webhooks = metrics.gauge(
    'sixdigit_webhooks_waiting',
    'Webhooks on their way to endpoints, or waiting for another try',
  );
  const webhookAge = metrics.gauge(
    'sixdigit_webhooks_oldest_due_age_seconds',
    'How long the oldest of them has been due',
  );
  const endpoints = metrics.gauge('sixdigit_webhook_endpoints', 'Webhook endpoints, by how they are', ['state']);
  const batches = metrics.gauge('sixdigit_batches', 'Batches that are not over', ['status']);
  const rows = metrics.gauge('sixdigit_batch_messages_waiting', `Messages that wait for their batch; ${upTo}`);
  return (row) => {
    outbox.set({ state: 'waiting' }, row.waiting);
    outbox.set({ state: 'under_way' }, row.under_way);
    outbox.set({ state: 'watched' }, row.watched);
    due.set(row.due);
    oldest.set(row.oldest_secs);
    held.set(Number(row.held_micros) / MICROS);
    reserved.set(Number(row.reserved_micros) / MICROS);
    settled.set(Math.max(0, Number(row.held_micros) - Number(row.reserved_micros)) / MICROS);
    webhooks.set(row.webhooks_waiting);
    webhookAge.set(row.webhooks_oldest_secs);
    endpoints.set({ state: 'well' }, row.endpoints - row.endpoints_failing);
    endpoints.set({ state: 'failing' }, row.endpoints_failing);
    endpoints.set({ state: 'disabled' }, row.endpoints_disabled);
    batches.set({ status: 'loading' }, row.batches_loading);
    batches.set({ status: 'running' }, row.batches_running);
    batches.set({ status: 'paused' }, row.batches_paused);
    rows.set(row.batch_messages);
  };
}
