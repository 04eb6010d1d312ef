import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { DestinationNotAllowed } from '../fraud/index.js';
import type { PhoneNumber } from '../kernel/index.js';
import {
  backoff,
  BudgetSpent,
  endingOf,
  LeaseLost,
  MessageLog,
  MessageTexts,
  Pricing,
  SmsService,
  Templates,
  type Billed,
  type Channel,
  type Claim,
  type ClaimedRow,
  type DeliveryStatus,
  type Dispatch,
  type Plan,
  type Rendered,
  type Wording,
} from '../sms/index.js';
import { VerificationSecrets } from './verification-secrets.js';
import { variablesOf } from './variables.js';
import { DeliveryUnavailable, optedOut } from './verification.errors.js';
import { VERIFICATION_OPTIONS, type VerificationOptions } from './verification.options.js';
import { VerificationRepository, type NewMessage } from './verification.repository.js';

const TEMPLATE = 'verification';

/** A code on its way to a phone. */
export interface Letter {
  readonly to: PhoneNumber;
  readonly channel: Channel;
  /** BCP 47, as it was asked for. */
  readonly locale: string | null;
  readonly code: string;
  /** MCC and MNC, where a lookup told them. */
  readonly network?: string;
}

/** Hands over one text. @throws {DestinationNotAllowed | DeliveryUnavailable} when surely nothing was, or will be, sent */
export type Send = (body: string, secsLeft: number) => Promise<DeliveryStatus>;

/** Brings codes to phones: at once where a provider takes them, else through the outbox. */
@Injectable()
export class CodeSender {
  private readonly logger = new Logger(CodeSender.name);

  constructor(
    private readonly sms: SmsService,
    private readonly messages: MessageLog,
    private readonly verifications: VerificationRepository,
    private readonly secrets: VerificationSecrets,
    private readonly pricing: Pricing,
    private readonly templates: Templates,
    @Inject(VERIFICATION_OPTIONS) private readonly options: VerificationOptions,
    texts: MessageTexts,
  ) {
    texts.register(TEMPLATE, (message, phone) => this.textAgain(message, phone));
  }

  /** The text as it reads with so much time left. */
  write({ to, locale, code }: Letter, secsLeft = this.options.ttlSecs): Wording {
    const variables = variablesOf(code, secsLeft, this.options.text);
    return this.templates.render({ template: TEMPLATE, locale, country: to.country ?? null, variables });
  }

  /** What one such text costs at most, in millionths of a dollar. */
  priceOf({ to }: Letter, { segments }: Wording): number {
    return this.pricing.worst(segments, to.country ?? null, 1);
  }

  /**
   * Claims a provider's turn for `work`, which writes the message down and then sends; gives the turn back when no message
   * came of it. Nobody free: the message is queued.
   * @param id of the message
   */
  async dispatching<T>(
    { to, channel, network }: Letter,
    { segments, locale, version, variant }: Wording,
    work: (message: NewMessage, send: Send) => Promise<T>,
    id: string = randomUUID(),
  ): Promise<T> {
    const plan = this.sms.plan({ to, channel, ...(network !== undefined && { network }) });
    const country = to.country ?? null;
    const message = {
      ...{ id, template: TEMPLATE, channel, locale, version, variant },
      first: plan?.first ?? null,
      leaseMs: plan ? this.options.leaseMs : backoff(0, Math.random),
      cost: this.pricing.costOf(segments, country, plan?.first.provider ?? null),
    };
    if (!plan) return work(message, () => Promise.resolve('queued'));
    const billed = { country, segments };
    try {
      return await work(message, (body, secsLeft) => this.deliver(id, plan, to, body, secsLeft, billed));
    } finally {
      plan.drop();
    }
  }

  private async deliver(
    id: string,
    plan: Plan,
    phone: PhoneNumber,
    body: string,
    secsLeft: number,
    billed: Billed,
  ): Promise<DeliveryStatus> {
    const claim: Claim = { id, turn: 0 };
    const dispatch = await plan
      .deliver({ body, validForSecs: Math.max(1, secsLeft) }, this.messages.journal(claim, billed))
      .catch((error: unknown) => {
        if (error instanceof LeaseLost || error instanceof BudgetSpent) return undefined;
        throw error;
      });
    if (!dispatch) return this.messages.statusOf(id); // whoever took it over, or a report, knows better
    const destination = { to: phone, channel: plan.channel };
    const again = this.sms.mayTryAgain(
      destination,
      dispatch.attempts.map(({ provider }) => provider),
    );
    const ending = endingOf(dispatch, backoff(0, Math.random), again);
    await this.messages.close(claim, ending, dispatch).catch((error: unknown) => {
      // What the provider said is true all the same; the row keeps its lease, and whoever claims it then settles it.
      if (ending.status === 'failed') throw error;
      this.logger.error(`message ${id}: the provider answered, but that could not be written down`);
    });
    if (ending.status === 'failed') {
      const reasons = dispatch.attempts.flatMap((attempt) => ('reason' in attempt ? [attempt.reason] : []));
      this.logger.error(`message ${id} with a code to ${phone} failed: ${reasons.join(' ')}`);
      throw this.failureOf(dispatch);
    }
    const log = ending.status === 'accepted' ? 'log' : 'warn';
    this.logger[log](`message ${id} with a code to ${phone}: ${ending.status} (${dispatch.attempts.at(-1)?.provider})`);
    return ending.status;
  }

  /** The text of a message that no request waits for any more, as long as its verification is open. */
  private async textAgain(message: ClaimedRow, phone: PhoneNumber): Promise<Rendered | undefined> {
    const { verification_id, expires_in_ms } = message;
    const found = verification_id ? await this.verifications.find(verification_id) : null;
    if (found?.status !== 'pending') return undefined;
    const row = { purpose: found.purpose, key_version: found.keyVersion, code_length: found.codeLength };
    const code = this.secrets.codeOf(found.id, row, phone);
    return this.write({ to: phone, channel: message.channel, locale: found.locale, code }, expires_in_ms / 1_000);
  }

  private failureOf({ status, attempts }: Dispatch): Error {
    const failed = attempts.flatMap((attempt) => (attempt.outcome === 'accepted' ? [] : [attempt]));
    if (status === 'refused') {
      return failed.at(-1)?.fault === 'opted_out'
        ? optedOut()
        : new DestinationNotAllowed('unreachable_number', 'This number cannot get texts.', 'Ask for a mobile number.');
    }
    return new DeliveryUnavailable(
      failed.map(({ provider, fault }) => ({ provider, fault, code: this.sms.errorCodeOf(provider) })),
    );
  }
}
