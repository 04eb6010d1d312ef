import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { Clock, KeyRing, SecretGone } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { WebhookAddress } from '../address/webhook-address.js';
import { eventIdOf } from '../event-id.js';
import { openSecret } from '../endpoints/sealed-secret.js';
import { WEBHOOKS_OPTIONS, type WebhooksOptions } from '../webhooks.options.js';
import {
  CLAIM_WEBHOOKS,
  KEEP_BODY,
  PRUNE_WEBHOOKS,
  RECORD_WEBHOOK,
  type ClaimedWebhook,
  type RecordedWebhook,
} from '../webhooks.sql.js';
import { eventBody } from './event-body.js';
import { askedFor, waitAfter } from './schedule.js';
import { signedHeaders } from './signature.js';
import { WebhookClient, type Outcome } from './webhook-client.js';

/** Under way to one endpoint from one process. Endpoints are few, so this bounds them all. */
const MOST_AT_ONCE = 10;
const EVERY_MS = 1_000;
/** A look that is due because a delivery ended waits that long for others to end. */
const SOON_MS = 20;
const DEADLINE_MS = 15_000;
const LEASE_MS = 20_000;
/** How long an endpoint may fail without a single success before it gets nothing more. */
const PATIENCE_SECS = 5 * 86_400;
const KEPT_SECS = 7 * 86_400;
const PRUNE_EVERY_MS = 60_000;
const PRUNE_BATCH = 500;
/** Answers that may say when to come again. */
const ASKING = new Set([429, 503]);

interface UnderWay {
  readonly endpoint: string;
  readonly stop: AbortController;
  readonly ended: Promise<void>;
}

/** Delivers events to operators' servers, whichever process wrote them down. */
@Injectable()
export class WebhookWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly client: WebhookClient;
  private readonly underWay = new Map<string, UnderWay>();
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<unknown> = Promise.resolve();
  private closing = false;
  private prunedAt = -Infinity;

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
    address: WebhookAddress,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: WebhooksOptions,
  ) {
    this.client = new WebhookClient(address);
  }

  onApplicationBootstrap(): void {
    if (this.options.deliver ?? true) this.lookIn(this.everyMs);
  }

  /** What is under way ends without an answer, and another process, or the next start, tries it again. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    await this.round;
    for (const { stop } of this.underWay.values()) stop.abort();
    await Promise.all([...this.underWay.values()].map(({ ended }) => ended));
    await this.client.close();
  }

  /** Begins what is due, as far as there is room. @returns how many were begun */
  async look(): Promise<number> {
    const busy = [...this.underWay.values()].map(({ endpoint }) => endpoint);
    const values = [MOST_AT_ONCE, busy, this.options.leaseMs ?? LEASE_MS, this.clock.databaseTime()];
    const claimed = await this.database.query<ClaimedWebhook>(CLAIM_WEBHOOKS, values);
    for (const delivery of claimed) this.begin(delivery);
    return claimed.length;
  }

  /** Until nothing is under way. */
  async idle(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all([...this.underWay.values()].map(({ ended }) => ended));
  }

  /** Small deletes, so that none holds up anybody. */
  async prune(): Promise<void> {
    for (let pruned = PRUNE_BATCH; pruned === PRUNE_BATCH && !this.closing; ) {
      const values = [PRUNE_BATCH, KEPT_SECS, this.clock.databaseTime()];
      const [row] = await this.database.query<{ pruned: number }>(PRUNE_WEBHOOKS, values);
      pruned = row?.pruned ?? 0;
    }
  }

  private get everyMs(): number {
    return this.options.everyMs ?? EVERY_MS;
  }

  private lookIn(ms: number): void {
    clearTimeout(this.timer);
    if (this.closing) return;
    const go = () => {
      this.timer = undefined;
      this.round = this.round
        .then(() => this.look())
        .then(() => this.pruneNowAndThen())
        .catch((error: unknown) => this.logger.error(`cannot look for due deliveries: ${nameOf(error)}`))
        .finally(() => this.timer ?? this.lookIn(this.everyMs));
    };
    this.timer = setTimeout(go, ms).unref();
  }

  private async pruneNowAndThen(): Promise<void> {
    const now = this.clock.monotonic();
    if (now - this.prunedAt < PRUNE_EVERY_MS) return;
    this.prunedAt = now;
    await this.prune();
  }

  private begin(delivery: ClaimedWebhook): void {
    const { id, endpoint_id: endpoint } = delivery;
    const stop = new AbortController();
    const ended = this.deliver(delivery, stop)
      // The lease runs out, and whoever claims it then tries again.
      .catch((error: unknown) => this.logger.error(`delivery ${id}: ${nameOf(error)}`))
      .finally(() => {
        const was = [...this.underWay.values()].filter((other) => other.endpoint === endpoint).length;
        this.underWay.delete(id);
        // There was no room for more; now there is.
        if (was === MOST_AT_ONCE && (this.options.deliver ?? true)) this.lookIn(SOON_MS);
      });
    this.underWay.set(id, { endpoint, stop, ended });
  }

  private async deliver(delivery: ClaimedWebhook, stop: AbortController): Promise<void> {
    const body = delivery.body ?? (await this.keep(delivery));
    if (body === undefined) return; // forgotten meanwhile, with its deliveries
    const secrets = this.secretsOf(delivery);
    if (secrets.length === 0) return this.record(delivery, { error: 'secret_gone' });
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Sixdigit-Webhooks',
      ...signedHeaders(eventIdOf(delivery.event_id), body, secrets, this.clock.now()),
    };
    const { signal, release } = this.clock.deadline(this.options.deadlineMs ?? DEADLINE_MS);
    const ended = AbortSignal.any([signal, stop.signal]);
    const outcome = await this.client.post(delivery.url, body, headers, ended).finally(release);
    // Ended by a shutdown, nobody knows whether it arrived: it is told again.
    if (outcome.status === undefined && outcome.error === 'aborted') return;
    await this.record(delivery, outcome);
  }

  private async keep(delivery: ClaimedWebhook): Promise<string | undefined> {
    const values = [delivery.event_id, eventBody(delivery, this.keys)];
    return (await this.database.query<{ body: string }>(KEEP_BODY, values))[0]?.body;
  }

  /** Newest first; none when APP_SECRET was changed twice since they were made. */
  private secretsOf(delivery: ClaimedWebhook): string[] {
    const { endpoint_id: id, secret_sealed, secret_version, former_sealed, former_version } = delivery;
    const sealed = [
      { version: secret_version, data: secret_sealed },
      ...(former_sealed && former_version !== null ? [{ version: former_version, data: former_sealed }] : []),
    ];
    return sealed.flatMap((each) => {
      try {
        return [openSecret(this.keys, id, each)];
      } catch (error) {
        if (error instanceof SecretGone) return [];
        throw error;
      }
    });
  }

  private async record(delivery: ClaimedWebhook, outcome: Outcome): Promise<void> {
    const { id, turn, tries, endpoint_id, event_id } = delivery;
    const status = outcome.status ?? null;
    const delivered = status !== null && status >= 200 && status < 300;
    const gone = status === 410;
    const asked =
      outcome.status !== undefined && ASKING.has(outcome.status) ? askedFor(outcome.retryAfter, this.clock.now()) : 0;
    const retryMs = delivered || gone ? null : (waitAfter(tries, asked, Math.random) ?? null);
    const error = outcome.status === undefined ? outcome.error : delivered ? null : `http_${outcome.status}`;
    const [recorded] = await this.database.query<RecordedWebhook>(
      RECORD_WEBHOOK,
      valuesFor(RECORD_WEBHOOK, {
        id,
        turn,
        delivered,
        status,
        error,
        retry_ms: retryMs,
        gone,
        patience_secs: PATIENCE_SECS,
        at: this.clock.databaseTime(),
      }),
    );
    const what = `${eventIdOf(event_id)} to endpoint ${endpoint_id}`;
    if (delivered) this.logger.debug(`${what}: delivered by try ${tries}`);
    else if (retryMs === null && recorded) this.logger.warn(`${what}: given up after ${tries} tries (${error})`);
    else this.logger.debug(`${what}: try ${tries} failed (${error})`);
    if (recorded?.disabled)
      this.logger.error(
        `endpoint ${endpoint_id} is disabled: ${recorded.disabled === 'gone' ? 'it answered 410 Gone' : 'it has only failed for 5 days'}`,
      );
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown failure');
