import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { PhoneNumber, systemClock } from '../kernel/index.js';
import {
  Delivery,
  type AttemptJournal,
  type Begun,
  type DeliveryOptions,
  type Itinerary,
  type Text,
} from './delivery/delivery.js';
import type { Dispatch } from './delivery/dispatch.js';
import { ChannelUnavailable, EmptyMessage, MessageTooLong, SmsDisabled } from './delivery/sms.errors.js';
import { SmsProviders } from './provider/sms-provider.js';
import { carries, type Channel } from './provider/channel.js';
import { Rotation } from './routing/rotation.js';
import { Router, whyOf, type Destination } from './routing/router.js';
import { Senders } from './senders/senders.js';
import { SMS_OPTIONS, type SmsOptions } from './sms.options.js';

export interface SmsRequest {
  /** E.164, or a national number of the default region. */
  readonly to: string | PhoneNumber;
  /** 1 to 1600 characters. */
  readonly body: string;
  /** Seconds after which the text is worthless. */
  readonly validForSecs?: number;
}

/** A first try that is claimed but not begun. Must be dropped in the end; dropping what was delivered does nothing. */
export interface Plan {
  readonly first: Begun;
  readonly channel: Channel;
  /** Once. @throws {EmptyMessage | MessageTooLong} and whatever the journal throws */
  deliver(text: Omit<Text, 'to'>, journal?: AttemptJournal): Promise<Dispatch>;
  drop(): void;
}

export interface PlanOptions {
  readonly to: PhoneNumber;
  readonly channel?: Channel;
  /** MCC and MNC. */
  readonly network?: string;
  /** Providers that had this text already: not asked again while another is configured. */
  readonly tried?: readonly string[];
  /** One of them may have sent it: one more text at most. */
  readonly mayBeOut?: boolean;
  /** Not at one of them even if no other is configured. */
  readonly elsewhere?: boolean;
}

/** The cap of Twilio and of SNS. */
const MAX_LENGTH = 1_600;
const NO_JOURNAL: AttemptJournal = { failedOver: () => Promise.resolve() };

/** One text to one phone, through whichever provider works now. */
@Injectable()
export class SmsService {
  private readonly logger = new Logger('Sms');
  private readonly delivery: DeliveryOptions;

  constructor(
    @Inject(SMS_OPTIONS) private readonly options: SmsOptions,
    @Inject(SmsProviders) private readonly providers: SmsProviders,
    private readonly rotation: Rotation,
    private readonly router: Router,
    private readonly senders: Senders,
  ) {
    const {
      attemptTimeoutMs = 3_000,
      sendBudgetMs = 8_000,
      slowAfterMs = 2_000,
      clock = systemClock,
      random = Math.random,
      observer,
    } = options;
    const onUnusable = (...[provider, sender, to]: Parameters<Senders['unusable']>) =>
      senders.unusable(provider, sender, to);
    this.delivery = { rotation, attemptTimeoutMs, sendBudgetMs, slowAfterMs, clock, random, onUnusable, observer };
  }

  /**
   * Hands one text to the first provider that takes it. What the providers said is in the answer; nothing is stored.
   * @throws {InvalidPhoneFormat | EmptyMessage | MessageTooLong | SmsDisabled} before any provider is asked
   */
  async send({ to, body, validForSecs }: SmsRequest): Promise<Dispatch> {
    const phone = typeof to === 'string' ? PhoneNumber.parse(to, this.options.defaultRegion) : to;
    const plan = this.plan({ to: phone });
    if (!plan) return { status: 'not_sent', attempts: [] };
    const dispatch = await plan.deliver({ body, validForSecs }).finally(() => plan.drop());
    this.logger.log(`text to ${phone}: ${dispatch.status} after ${dispatch.attempts.length} attempt(s)`);
    return dispatch;
  }

  get isDisabled(): boolean {
    return this.options.disabledReason !== undefined;
  }

  /** In memory, at once. @throws {ChannelUnavailable} for the first that no configured provider carries */
  checkCarried(channels: readonly Channel[]): void {
    if (this.isDisabled) return; // which is what a plan says then
    const [not] = channels.filter((channel) => !this.providers.some((provider) => carries(provider, channel)));
    if (not) throw new ChannelUnavailable(not, this.options.missingFor?.[not] ?? []);
  }

  /** Whether no text ever goes there: nobody is to wait for a provider's turn. */
  withholds(phone: PhoneNumber): boolean {
    return this.options.isWithheld?.(phone) === true;
  }

  /** For callers who write down an attempt before it begins. Undefined when no provider may send now. @throws {SmsDisabled} */
  plan({
    to,
    channel = 'sms',
    network,
    tried = [],
    mayBeOut = false,
    elsewhere = false,
  }: PlanOptions): Plan | undefined {
    if (this.options.disabledReason !== undefined) throw new SmsDisabled(this.options.disabledReason);
    if (this.withholds(to)) return undefined;
    const destination = { to, channel, ...(network !== undefined && { network }) };
    const route = this.router.routeTo(destination);
    const spared = elsewhere || route.providers.length > 1 ? new Set(tried) : undefined;
    const turn = this.rotation.take(spared, route.providers);
    if (!turn) return undefined;
    const way: Itinerary = { ...route, channel, senderAt: (provider) => this.senders.pick(provider, destination) };
    const { name: provider } = turn.provider;
    const first = { id: randomUUID(), provider, sender: way.senderAt(provider), route: whyOf(route, provider) };
    const begunAt = this.delivery.clock.monotonic();
    return {
      first,
      channel,
      drop: () => turn.drop(),
      deliver: async (text, journal = NO_JOURNAL) => {
        checkLength(text.body);
        const whole = { ...text, to };
        if (tried.length === 0) this.router.began(destination, provider, first.route);
        return new Delivery(this.delivery, whole, journal, way, { tried, mayBeOut }, begunAt).run({ ...first, turn });
      },
    };
  }

  /** Whether what one of `tried` may have sent may be sent once more: by another, or by the only one there is. */
  mayTryAgain(destination: Destination, tried: readonly string[]): boolean {
    return this.router.candidates(destination).length === 1 || this.hasOther(destination, tried);
  }

  /** Whether a provider outside `tried` could carry it, whatever it does now. */
  hasOther(destination: Destination, tried: readonly string[]): boolean {
    return this.router.candidates(destination).some((name) => !tried.includes(name));
  }

  /** Who is asked first where all are well; null: nobody carries it. */
  firstFor(destination: Destination): string | null {
    return this.router.routeTo(destination).providers[0] ?? null;
  }

  /** The public error code for a provider's failures. */
  errorCodeOf(provider: string): string {
    return this.providers.find(({ name }) => name === provider)?.errorCode ?? 'DELIVERY_UNAVAILABLE';
  }
}

/** @throws {EmptyMessage | MessageTooLong} */
export function checkLength(body: string): void {
  if (body.length > MAX_LENGTH) throw new MessageTooLong(body.length, MAX_LENGTH);
  if (body.trim() === '') throw new EmptyMessage();
}
