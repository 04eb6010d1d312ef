import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { AuditLog } from '../../audit/index.js';
import type { Operator } from '../../http/index.js';
import { Clock, isUuid, KeyRing, SecretGone } from '../../kernel/index.js';
import { answerTo, Database, PrismaService } from '../../prisma/index.js';
import { WebhookAddress } from '../address/webhook-address.js';
import { newSecret } from '../delivery/signature.js';
import type { EventType } from '../event-types.js';
import { WebhookDisabled, WebhookLimitReached, WebhookNotFound } from '../webhook.errors.js';
import { WebhookEvents } from '../webhook-events.js';
import { ROTATE_SECRET } from '../webhooks.sql.js';
import { openSecret, sealSecret } from './sealed-secret.js';

/** Each costs a connection or ten, and a row in every event's transaction. */
const MOST = 20;
/** How long the former secret signs, too. */
const OVERLAP_SECS = 86_400;

export interface EndpointState {
  readonly id: string;
  readonly url: string;
  /** Empty: all. */
  readonly events: readonly string[];
  readonly description?: string;
  readonly createdAt: Date;
  /** Since then every try has failed. */
  readonly failingSince?: Date;
  readonly disabledAt?: Date;
  /** operator, gone (it answered 410) or failing (for 5 days). */
  readonly disabledReason?: string;
}

export interface NewEndpoint {
  readonly url: string;
  readonly events?: readonly EventType[];
  readonly description?: string;
}

export interface EndpointChange extends Partial<NewEndpoint> {
  readonly disabled?: boolean;
}

type Row = NonNullable<Awaited<ReturnType<PrismaService['webhookEndpoint']['findUnique']>>>;

/** The servers that are told what happens. */
@Injectable()
export class WebhookEndpoints {
  constructor(
    private readonly prisma: PrismaService,
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly address: WebhookAddress,
    private readonly events: WebhookEvents,
    private readonly audit: AuditLog,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @returns its secret, too, which is shown this once @throws {AddressRefused | WebhookLimitReached | DatabaseUnavailable} */
  async create(endpoint: NewEndpoint, who: Operator): Promise<EndpointState & { readonly secret: string }> {
    const { url, events = [], description } = endpoint;
    const href = await this.judged(url);
    // Two at once may get one past it, which does no harm.
    if ((await answerTo(this.prisma.webhookEndpoint.count())) >= MOST) throw new WebhookLimitReached(MOST);
    const id = randomUUID();
    const secret = newSecret();
    const { version: keyVersion, data } = sealSecret(this.keys, id, secret);
    const secretSealed = Buffer.from(data);
    await this.audit.write({ who, act: 'webhook.create' }, id);
    const row = await answerTo(
      this.prisma.webhookEndpoint.create({
        data: {
          id,
          url: href,
          events: [...new Set(events)],
          description,
          secretSealed,
          keyVersion,
          createdAt: this.clock.now(),
        },
      }),
    );
    return { ...stateOf(row), secret };
  }

  /** @throws {DatabaseUnavailable} */
  async list(): Promise<EndpointState[]> {
    return (await answerTo(this.prisma.webhookEndpoint.findMany({ orderBy: { createdAt: 'asc' } }))).map(stateOf);
  }

  /** @throws {WebhookNotFound | DatabaseUnavailable} */
  async get(id: string): Promise<EndpointState> {
    return stateOf(await this.find(id));
  }

  /** What was disabled and is enabled gets what waited for it. @throws {WebhookNotFound | AddressRefused | DatabaseUnavailable} */
  async change(
    id: string,
    { url, events, description, disabled }: EndpointChange,
    who: Operator,
  ): Promise<EndpointState> {
    const before = await this.find(id);
    const href = url === undefined ? undefined : await this.judged(url);
    await this.audit.write({ who, act: 'webhook.change' }, before.id);
    const row = await answerTo(
      this.prisma.webhookEndpoint.update({
        where: { id: before.id },
        data: {
          ...(href !== undefined && { url: href, failingSince: null }),
          ...(events !== undefined && { events: [...new Set(events)] }),
          ...(description !== undefined && { description }),
          ...(disabled === true && !before.disabledAt && { disabledAt: this.clock.now(), disabledReason: 'operator' }),
          ...(disabled === false && { disabledAt: null, disabledReason: null, failingSince: null }),
        },
      }),
    );
    return stateOf(row);
  }

  /** What is under way ends; nothing more is begun. @throws {WebhookNotFound | DatabaseUnavailable} */
  async remove(id: string, who: Operator): Promise<void> {
    const { id: known } = await this.find(id);
    await this.audit.write({ who, act: 'webhook.delete' }, known);
    const { count } = await answerTo(this.prisma.webhookEndpoint.deleteMany({ where: { id: known } }));
    if (count === 0) throw new WebhookNotFound('endpoint');
  }

  /** A new secret, shown this once; the one before signs, too, for 24 hours. @throws {WebhookNotFound | DatabaseUnavailable} */
  async rotateSecret(id: string, who: Operator): Promise<{ readonly secret: string; readonly formerUntil: Date }> {
    const { id: known } = await this.find(id);
    await this.audit.write({ who, act: 'webhook.rotate' }, known);
    const secret = newSecret();
    const { version, data } = sealSecret(this.keys, known, secret);
    const values = [known, data, version, OVERLAP_SECS, this.clock.databaseTime()];
    const [row] = await this.database.query<{ former_until: Date }>(ROTATE_SECRET, values);
    if (!row) throw new WebhookNotFound('endpoint');
    return { secret, formerUntil: row.former_until };
  }

  /** @throws {WebhookNotFound | WebhookDisabled | DatabaseUnavailable} */
  async test(id: string, who: Operator): Promise<void> {
    const { id: known } = await this.find(id);
    await this.audit.write({ who, act: 'webhook.test' }, known);
    if (!(await this.events.test(known))) throw new WebhookDisabled();
  }

  /**
   * Seals every secret anew, under the current APP_SECRET, so that the previous one can go. @returns how many were under another
   * @throws {DatabaseUnavailable}
   */
  async reseal(): Promise<number> {
    const old = await answerTo(
      this.prisma.webhookEndpoint.findMany({ where: { keyVersion: { not: this.keys.version } } }),
    );
    let count = 0;
    for (const { id, keyVersion, secretSealed } of old) {
      const sealed = this.resealed(id, keyVersion, secretSealed);
      if (!sealed) continue;
      // The former one has a day at most; who changes APP_SECRET twice in that time cuts it short.
      const data = { keyVersion: sealed.version, secretSealed: Buffer.from(sealed.data) };
      const where = { id, keyVersion, secretSealed };
      count += (await answerTo(this.prisma.webhookEndpoint.updateMany({ where, data }))).count;
    }
    return count;
  }

  private resealed(id: string, version: number, data: Uint8Array) {
    try {
      return sealSecret(this.keys, id, openSecret(this.keys, id, { version, data }));
    } catch (error) {
      if (error instanceof SecretGone) return undefined; // its deliveries fail as "secret_gone" until it is rotated
      throw error;
    }
  }

  private async judged(url: string): Promise<string> {
    const read = this.address.read(url);
    await this.address.addressesOf(read.hostname.replace(/^\[|\]$/g, ''));
    return read.href;
  }

  private async find(id: string): Promise<Row> {
    const row = await answerTo(this.prisma.webhookEndpoint.findUnique({ where: { id: idFrom(id) } }));
    if (!row) throw new WebhookNotFound('endpoint');
    return row;
  }
}

/** @throws {WebhookNotFound} for what cannot be one */
export function idFrom(text: string, what: 'endpoint' | 'delivery' = 'endpoint'): string {
  const id = text.toLowerCase();
  if (!isUuid(id)) throw new WebhookNotFound(what);
  return id;
}

function stateOf({
  id,
  url,
  events,
  description,
  createdAt,
  failingSince,
  disabledAt,
  disabledReason,
}: Row): EndpointState {
  return {
    id,
    url,
    events,
    ...(description !== null && { description }),
    createdAt,
    ...(failingSince && { failingSince }),
    ...(disabledAt && { disabledAt, disabledReason: disabledReason ?? 'operator' }),
  };
}
