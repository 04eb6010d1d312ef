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
  segmentsOf,
  SmsService,
  type Billed,
  type Claim,
  type ClaimedRow,
  type DeliveryStatus,
  type Dispatch,
  type Plan,
} from '../sms/index.js';
import { VerificationSecrets } from './verification-secrets.js';
import { verificationText } from './verification-text.js';
import { DeliveryUnavailable, optedOut } from './verification.errors.js';
import { VERIFICATION_OPTIONS, type VerificationOptions } from './verification.options.js';
import { VerificationRepository, type NewMessage } from './verification.repository.js';

const TEMPLATE = 'verification';

/** Hands over one code. @throws {DestinationNotAllowed | DeliveryUnavailable} when surely nothing was, or will be, sent */
export type Send = (phone: PhoneNumber, code: string, secsLeft: number) => Promise<DeliveryStatus>;

/** Brings codes to phones: at once where a provider takes them, else through the outbox. */
@Injectable()
export class CodeSender {
  private readonly logger = new Logger(CodeSender.name);
  /** Of every first text: they differ in the code and in the minutes, which only get fewer. */
  private readonly segments: number;

  constructor(
    private readonly sms: SmsService,
    private readonly messages: MessageLog,
    private readonly verifications: VerificationRepository,
    private readonly secrets: VerificationSecrets,
    private readonly pricing: Pricing,
    @Inject(VERIFICATION_OPTIONS) private readonly options: VerificationOptions,
    texts: MessageTexts,
  ) {
    const { codeLength, ttlSecs, text } = options;
    this.segments = segmentsOf(verificationText('0'.repeat(codeLength), ttlSecs, text));
    texts.register(TEMPLATE, (message, phone) => this.textAgain(message, phone));
  }

  /** What one text there costs at most, in millionths of a dollar. */
  priceIn(country: string | null): number {
    return this.pricing.worst(this.segments, country, 1);
  }

  /**
   * Claims a provider's turn for `work`, which writes the message down and then sends; gives the turn back when no message
   * came of it. Nobody free: the message is queued.
   * @param id of the message
   */
  async dispatching<T>(work: (message: NewMessage, send: Send) => Promise<T>, id: string = randomUUID()): Promise<T> {
    const plan = this.sms.plan();
    const costIn = (country: string | null) => this.pricing.costOf(this.segments, country, plan?.provider ?? null);
    if (!plan) {
      const queued = {
        id,
        template: TEMPLATE,
        leaseMs: backoff(0, Math.random),
        attemptId: null,
        provider: null,
        costIn,
      };
      return work(queued, () => Promise.resolve('queued'));
    }
    const { attemptId, provider } = plan;
    const message = { id, template: TEMPLATE, leaseMs: this.options.leaseMs, attemptId, provider, costIn };
    try {
      return await work(message, (phone, code, secsLeft) => this.deliver(id, plan, phone, code, secsLeft));
    } finally {
      plan.drop();
    }
  }

  private async deliver(
    id: string,
    plan: Plan,
    phone: PhoneNumber,
    code: string,
    secsLeft: number,
  ): Promise<DeliveryStatus> {
    const body = verificationText(code, secsLeft, this.options.text);
    const [claim, billed]: [Claim, Billed] = [
      { id, turn: 0 },
      { country: phone.country ?? null, segments: this.segments },
    ];
    const dispatch = await plan
      .deliver({ to: phone, body, validForSecs: Math.max(1, secsLeft) }, this.messages.journal(claim, billed))
      .catch((error: unknown) => {
        if (error instanceof LeaseLost || error instanceof BudgetSpent) return undefined;
        throw error;
      });
    if (!dispatch) return this.messages.statusOf(id); // whoever took it over, or a report, knows better
    const again = this.sms.mayTryAgain(dispatch.attempts.map(({ provider }) => provider));
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
  private async textAgain(message: ClaimedRow, phone: PhoneNumber): Promise<string | undefined> {
    const { verification_id, expires_in_ms } = message;
    const found = verification_id ? await this.verifications.find(verification_id) : null;
    if (found?.status !== 'pending') return undefined;
    const row = { purpose: found.purpose, key_version: found.keyVersion, code_length: found.codeLength };
    return verificationText(this.secrets.codeOf(found.id, row, phone), expires_in_ms / 1_000, this.options.text);
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
