import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { failureOf, optedOut, resendParameters, SendGuard } from '../fraud/index.js';
import { IdempotencyConflict } from '../idempotency/index.js';
import { Clock, KeyRing, PhoneNumber, type QuotaState, type Run } from '../kernel/index.js';
import { SendLimits, SendWindows } from '../limits/index.js';
import { answerTo, Database, isDuplicate, PrismaService, Refused, valuesFor } from '../prisma/index.js';
import {
  backoff,
  CostLimitReached,
  DeliveryUnavailable,
  Handover,
  Pricing,
  SmsService,
  type Channel,
  type Cost,
  type DeliveryStatus,
  type Plan,
  type Wording,
} from '../sms/index.js';
import { MessageWriter, type Content } from './message-writer.js';
import * as sql from './message.sql.js';
import { MESSAGES_OPTIONS, type MessagesOptions } from './messages.options.js';

export interface TextRequest {
  /** As a person typed it. */
  readonly to: string;
  readonly content: Content;
  /** BCP 47. */
  readonly locale?: string;
  readonly channel: Channel;
}

export interface SentText {
  readonly id: string;
  readonly status: DeliveryStatus;
  /** Masked. */
  readonly phone: string;
  readonly segments: number;
  /** Dollars by the price list, at the provider that was asked first; undefined where nothing costs anything. */
  readonly cost?: number;
  readonly createdAt: Date;
  readonly quotas: readonly QuotaState[];
}

const DEFAULT_VALID_SECS = 14_400;
const MICROS = 1_000_000;

/** One text to one phone, by the same way as codes: limits and cost are taken before anybody is asked to send it. */
@Injectable()
export class MessageSender {
  private readonly logger = new Logger('Messages');

  constructor(
    private readonly sms: SmsService,
    private readonly writer: MessageWriter,
    private readonly handover: Handover,
    private readonly pricing: Pricing,
    private readonly guard: SendGuard,
    private readonly limits: SendLimits,
    private readonly windows: SendWindows,
    private readonly keys: KeyRing,
    private readonly database: Database,
    private readonly prisma: PrismaService,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(MESSAGES_OPTIONS) private readonly options: MessagesOptions,
  ) {}

  /**
   * Sends it, or leaves it to the outbox when nobody may send now.
   * @param run gives the message its id
   * @throws {InvalidPhoneFormat | EmptyMessage | MessageTooLong | ChannelUnavailable | DestinationNotAllowed} before any limit
   * @throws {RateLimitExceeded | CostLimitReached | SmsDisabled | DeliveryUnavailable | DatabaseUnavailable}
   */
  async send({ to: text, content, locale, channel }: TextRequest, run?: Run): Promise<SentText> {
    const phone = PhoneNumber.parse(text, this.options.defaultRegion);
    const wording = this.writer.write(content, phone, locale ?? null);
    const before = run?.isRepeat && (await this.sentBefore(run, phone, wording));
    if (before) return before;
    this.sms.checkCarried([channel]);
    const phoneKey = this.keys.lookupKey('phone', phone.line);
    const price = this.pricing.worst(wording.segments, phone.country ?? null, 1, channel);
    const decision = await this.guard.admitResend(phone, phoneKey, price, true, [channel]);
    const info = this.guard.looksUp ? await this.guard.inspect(phone, [channel]) : undefined;
    const former = this.keys.formerLookupKey('phone', phone.line);
    if (former) await this.database.query(sql.ADOPT_PHONE, [phoneKey, former]);

    const id = run?.id ?? randomUUID();
    const plan = this.sms.plan({ to: phone, channel, network: info?.network ?? undefined });
    const cost = this.costOf(wording, phone, plan?.first.provider, channel);
    try {
      const { version: key_version, data: phone_sealed } = this.keys.seal(phone.e164, phoneKey);
      const message = {
        ...{ id, phone_key: phoneKey, phone_sealed, key_version },
        ...{ template: this.writer.kindOf(content), body_sealed: this.writer.seal(id, content) },
        ...{ ttl_secs: this.validSecs, at: this.clock.databaseTime(), secs: this.limits.secs },
        ...wordingColumns(wording),
        ...planColumns(plan, channel, plan ? this.options.leaseMs : backoff(0, Math.random)),
        ...costColumns(cost),
        ...resendParameters(decision),
      };
      const hit = { id, key: phoneKey, formerKey: former };
      const write = (quotas: readonly number[] | null) => this.open({ ...message, quotas });
      const row = await this.windows.admit(hit, write, ({ opted_out }) => !opted_out).catch(refused);
      if (row.opted_out) throw optedOut();
      const quotas = this.limits.admit(row);
      const status = plan ? await this.deliver(id, plan, phone, wording) : 'queued';
      return { ...this.shown(id, phone, wording, cost), status, createdAt: row.created_at, quotas };
    } finally {
      plan?.drop();
    }
  }

  private get validSecs(): number {
    return this.options.validSecs ?? DEFAULT_VALID_SECS;
  }

  private async deliver(id: string, plan: Plan, phone: PhoneNumber, wording: Wording): Promise<DeliveryStatus> {
    const text = { body: wording.body, validForSecs: this.validSecs };
    const billed = { country: phone.country ?? null, segments: wording.segments, channel: plan.channel };
    const { status, dispatch } = await this.handover.deliver({ id, turn: 0 }, plan, phone, text, billed);
    this.logger.log(`message ${id} to ${phone}: ${status}`);
    if (status === 'failed' && dispatch) throw failureOf(dispatch, this.sms);
    return status;
  }

  private async open(message: sql.OpenTextParameters): Promise<sql.OpenedText> {
    const [row] = await this.database
      .query<sql.OpenedText>(sql.OPEN_TEXT, valuesFor(sql.OPEN_TEXT, message))
      .catch((error: unknown) => {
        // Another execution of the same run, which was thought dead, has made it meanwhile.
        throw isDuplicate(error) ? new IdempotencyConflict() : error;
      });
    if (!row) throw new Error(`${sql.OPEN_TEXT.name} returned no row`);
    return row;
  }

  /** What an execution of the same run already sent, or left to the outbox. */
  private async sentBefore({ id }: Run, phone: PhoneNumber, wording: Wording): Promise<SentText | undefined> {
    const include = { attempts: { orderBy: { startedAt: 'asc' } } } as const;
    const found = await answerTo(this.prisma.message.findUnique({ where: { id }, include }));
    if (!found) return undefined;
    const { status, createdAt, attempts, channel } = found;
    if (status === 'failed' && attempts.every(({ outcome }) => outcome === 'not_sent')) throw new DeliveryUnavailable();
    const cost = this.costOf(wording, phone, attempts[0]?.provider, channel as Channel);
    return { ...this.shown(id, phone, wording, cost), status, createdAt, quotas: [] };
  }

  private costOf({ segments }: Wording, { country = undefined }: PhoneNumber, provider = '', channel: Channel): Cost {
    return this.pricing.costOf(segments, country ?? null, provider || null, [{ channel }]);
  }

  private shown(id: string, phone: PhoneNumber, { segments }: Wording, { priceMicros, reserveMicros }: Cost) {
    const micros = priceMicros || reserveMicros;
    return { id, phone: phone.masked, segments, ...(!this.pricing.isFree && { cost: micros / MICROS }) };
  }
}

const wordingColumns = ({ locale, version, variant }: Wording) => ({ locale, template_version: version, variant });

const planColumns = (plan: Plan | undefined, channel: Channel, leaseMs: number) => ({
  ...{ channel, lease_ms: leaseMs, attempt_id: plan?.first.id ?? null, provider: plan?.first.provider ?? null },
  ...{ sender: plan?.first.sender ?? null, route: plan?.first.route ?? null },
});

const costColumns = ({ country, priceMicros, reserveMicros, capMicros, keptMicros }: Cost) => ({
  ...{ country, price_micros: priceMicros, reserve_micros: reserveMicros },
  ...{ cap_micros: capMicros, kept_micros: keptMicros },
});

/** Said outside of what gives a hit back, which goes by the database's own words. */
function refused(error: unknown): never {
  if (error instanceof Refused && error.gate === 'cost') throw new CostLimitReached(Number(error.detail.retryAfter));
  throw error;
}
