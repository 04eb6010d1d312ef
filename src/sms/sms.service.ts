import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { PhoneNumber, systemClock } from '../kernel/index.js';
import { Delivery, type AttemptJournal, type DeliveryOptions, type Text } from './delivery/delivery.js';
import type { Dispatch } from './delivery/dispatch.js';
import { EmptyMessage, MessageTooLong, SmsDisabled } from './delivery/sms.errors.js';
import { SmsProviders } from './provider/sms-provider.js';
import { Rotation } from './routing/rotation.js';
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
  readonly attemptId: string;
  readonly provider: string;
  /** Once. @throws {EmptyMessage | MessageTooLong} and whatever the journal throws */
  deliver(text: Text, journal?: AttemptJournal): Promise<Dispatch>;
  drop(): void;
}

export interface PlanOptions {
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
  ) {
    const {
      attemptTimeoutMs = 3_000,
      sendBudgetMs = 8_000,
      slowAfterMs = 2_000,
      clock = systemClock,
      random = Math.random,
    } = options;
    this.delivery = { rotation, attemptTimeoutMs, sendBudgetMs, slowAfterMs, clock, random };
  }

  /**
   * Hands one text to the first provider that takes it. What the providers said is in the answer; nothing is stored.
   * @throws {InvalidPhoneFormat | EmptyMessage | MessageTooLong | SmsDisabled} before any provider is asked
   */
  async send({ to, body, validForSecs }: SmsRequest): Promise<Dispatch> {
    const phone = typeof to === 'string' ? PhoneNumber.parse(to, this.options.defaultRegion) : to;
    const plan = this.plan();
    if (!plan) return { status: 'not_sent', attempts: [] };
    const dispatch = await plan.deliver({ to: phone, body, validForSecs }).finally(() => plan.drop());
    this.logger.log(`text to ${phone}: ${dispatch.status} after ${dispatch.attempts.length} attempt(s)`);
    return dispatch;
  }

  get isDisabled(): boolean {
    return this.options.disabledReason !== undefined;
  }

  /** For callers who write down an attempt before it begins. Undefined when no provider may send now. @throws {SmsDisabled} */
  plan({ tried = [], mayBeOut = false, elsewhere = false }: PlanOptions = {}): Plan | undefined {
    if (this.options.disabledReason !== undefined) throw new SmsDisabled(this.options.disabledReason);
    const turn = this.rotation.take(elsewhere || this.rotation.size > 1 ? new Set(tried) : undefined);
    if (!turn) return undefined;
    const attemptId = randomUUID();
    const begunAt = this.delivery.clock.monotonic();
    return {
      attemptId,
      provider: turn.provider.name,
      drop: () => turn.drop(),
      deliver: async (text, journal = NO_JOURNAL) => {
        checkLength(text.body);
        return new Delivery(this.delivery, text, journal, { tried, mayBeOut }, begunAt).run({ id: attemptId, turn });
      },
    };
  }

  /** Whether what one of `tried` may have sent may be sent once more: by another, or by the only one there is. */
  mayTryAgain(tried: readonly string[]): boolean {
    return this.providers.length === 1 || this.hasOther(tried);
  }

  /** Whether a provider outside `tried` is configured, whatever it does now. */
  hasOther(tried: readonly string[]): boolean {
    return this.providers.some(({ name }) => !tried.includes(name));
  }

  /** The public error code for a provider's failures. */
  errorCodeOf(provider: string): string {
    return this.providers.find(({ name }) => name === provider)?.errorCode ?? 'DELIVERY_UNAVAILABLE';
  }
}

function checkLength(body: string): void {
  if (body.length > MAX_LENGTH) throw new MessageTooLong(body.length, MAX_LENGTH);
  if (body.trim() === '') throw new EmptyMessage();
}
