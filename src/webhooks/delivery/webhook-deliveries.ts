import { Inject, Injectable } from '@nestjs/common';

import { AuditLog } from '../../audit/index.js';
import type { Operator } from '../../http/index.js';
import { Clock } from '../../kernel/index.js';
import { answerTo, Database, PrismaService } from '../../prisma/index.js';
import { idFrom, WebhookEndpoints } from '../endpoints/webhook-endpoints.js';
import { eventIdOf } from '../event-id.js';
import { DeliveryUnderWay, WebhookDisabled, WebhookNotFound } from '../webhook.errors.js';
import { REPLAY_MANY, REPLAY_ONE } from '../webhooks.sql.js';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type WebhookDeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** In one answer. */
const MOST_LISTED = 100;
/** In one replay. */
export const MOST_REPLAYED = 1_000;

export interface DeliveryState {
  readonly id: string;
  /** What `webhook-id` says, in every try. */
  readonly eventId: string;
  readonly type: string;
  readonly status: WebhookDeliveryStatus;
  readonly tries: number;
  readonly createdAt: Date;
  /** Of the next try, while there will be one. */
  readonly nextTryAt?: Date;
  readonly deliveredAt?: Date;
  /** Status that the last try was answered. */
  readonly lastStatus?: number;
  /** One word for why the last try failed, such as timeout or http_500. */
  readonly lastError?: string;
}

/** What became of what an endpoint was to be told, and telling it again. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly prisma: PrismaService,
    private readonly database: Database,
    private readonly endpoints: WebhookEndpoints,
    private readonly audit: AuditLog,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The newest 100. @throws {WebhookNotFound | DatabaseUnavailable} */
  async of(endpointId: string, status?: WebhookDeliveryStatus): Promise<DeliveryState[]> {
    const { id } = await this.endpoints.get(endpointId);
    const where = { endpointId: id, ...(status && { status }) };
    const orderBy = { createdAt: 'desc' } as const;
    const rows = await answerTo(this.prisma.webhookDelivery.findMany({ where, orderBy, take: MOST_LISTED }));
    const ids = rows.map(({ eventId }) => eventId);
    const select = { id: true, type: true } as const;
    const events = await answerTo(this.prisma.webhookEvent.findMany({ where: { id: { in: ids } }, select }));
    const types = new Map(events.map((event) => [event.id, event.type]));
    return rows.map((row) => ({
      id: row.id,
      eventId: eventIdOf(row.eventId),
      type: types.get(row.eventId) ?? 'unknown',
      status: row.status,
      tries: row.tries,
      createdAt: row.createdAt,
      ...(row.nextAt && { nextTryAt: row.nextAt }),
      ...(row.deliveredAt && { deliveredAt: row.deliveredAt }),
      ...(row.lastStatus !== null && { lastStatus: row.lastStatus }),
      ...(row.lastError !== null && { lastError: row.lastError }),
    }));
  }

  /**
   * Tells it again, with the same id and body, and the whole schedule before it.
   * @throws {WebhookNotFound | WebhookDisabled | DeliveryUnderWay | DatabaseUnavailable}
   */
  async replay(deliveryId: string, who: Operator): Promise<void> {
    const id = idFrom(deliveryId, 'delivery');
    const row = await answerTo(this.prisma.webhookDelivery.findUnique({ where: { id }, select: { endpointId: true } }));
    if (!row) throw new WebhookNotFound('delivery');
    await this.mustBeEnabled(row.endpointId);
    await this.audit.write({ who, act: 'webhook.replay' }, id);
    const again = await this.database.query(REPLAY_ONE, [id, this.clock.databaseTime()]);
    if (again.length === 0) throw new DeliveryUnderWay();
  }

  /**
   * The same for up to 1000 that failed, or wait for another try, of one endpoint and since then; oldest first.
   * @returns how many @throws {WebhookNotFound | WebhookDisabled | DatabaseUnavailable}
   */
  async replaySince(endpointId: string, since: Date, who: Operator): Promise<number> {
    const id = await this.mustBeEnabled(endpointId);
    await this.audit.write({ who, act: 'webhook.replay' }, id);
    const values = [id, since, MOST_REPLAYED, this.clock.databaseTime()];
    return (await this.database.query(REPLAY_MANY, values)).length;
  }

  private async mustBeEnabled(endpointId: string): Promise<string> {
    const { id, disabledAt } = await this.endpoints.get(endpointId);
    if (disabledAt) throw new WebhookDisabled();
    return id;
  }
}
