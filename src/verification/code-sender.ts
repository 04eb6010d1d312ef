import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { failureOf } from '../fraud/index.js';
import type { PhoneNumber } from '../kernel/index.js';
import {
  backoff,
  CODE_TEMPLATES,
  Handover,
  MessageTexts,
  planFrom,
  Pricing,
  SmsService,
  Templates,
  type Billed,
  type ChannelPlan,
  type Claim,
  type CodeTemplate,
  type ClaimedRow,
  type DeliveryStatus,
  type Plan,
  type Rendered,
  type Wording,
  type WordingRequest,
  type Written,
} from '../sms/index.js';
import { VerificationSecrets } from './verification-secrets.js';
import { machineLineOf, variablesOf } from './variables.js';
import { CONTROL } from './variants.js';
import { VERIFICATION_OPTIONS, type VerificationOptions } from './verification.options.js';
import { VerificationRepository, type NewMessage } from './verification.repository.js';

/** A code on its way to a phone. */
export interface Letter {
  readonly to: PhoneNumber;
  /** By which channels, in order. */
  readonly plan: ChannelPlan;
  readonly template: CodeTemplate;
  /** BCP 47, as it was asked for. */
  readonly locale: string | null;
  readonly code: string;
  /** Of the wording, where several are tried: of the first text, and so of every later one. */
  readonly variant?: string | null;
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
    private readonly handover: Handover,
    private readonly verifications: VerificationRepository,
    private readonly secrets: VerificationSecrets,
    private readonly pricing: Pricing,
    private readonly templates: Templates,
    @Inject(VERIFICATION_OPTIONS) private readonly options: VerificationOptions,
    texts: MessageTexts,
  ) {
    for (const template of CODE_TEMPLATES)
      texts.register(template, (message, phone) => this.textAgain(template, message, phone));
  }

  /** The language that a browser wants, if texts are written in it. @param header Accept-Language */
  accepted(header: string | undefined): string | undefined {
    return this.templates.accepted(header);
  }

  /** The same letter in the wording that this verification is to have, where several are tried. */
  inItsWording(letter: Letter, id: string): Letter {
    const { to, plan, template, locale } = letter;
    const beginning = { id, template, channel: plan[0].channel, locale, country: to.country ?? null };
    const write = (variant: string | null) => this.write({ ...letter, variant });
    return { ...letter, variant: this.options.variants?.pick(beginning, write) ?? null };
  }

  /** The text as it reads with so much time left. @throws {VariableRefused | TemplateNotFound} before anything is spent */
  write(letter: Letter, secsLeft = this.options.ttlSecs): Wording {
    return asDrawn(letter, this.templates.render(this.requestFor(letter, secsLeft)));
  }

  /** The same wording with other time left, whatever its template says by now. @throws as `write`, and {DatabaseUnavailable} */
  async writeAgain(letter: Letter, written: Written, secsLeft: number): Promise<Wording> {
    const plain = { ...written, variant: plainly(written.variant) ?? null };
    return asDrawn(letter, await this.templates.renderAgain(this.requestFor(letter, secsLeft), plain));
  }

  /** What one such text costs at most, by the dearest of its channels, in millionths of a dollar. */
  priceOf({ to, plan }: Letter, { segments }: Wording): number {
    return Math.max(...plan.map(({ channel }) => this.pricing.worst(segments, to.country ?? null, 1, channel)));
  }

  /**
   * Claims a provider's turn for `work`, which writes the message down and then sends; gives the turn back when no message
   * came of it. Nobody free: the message is queued.
   * @param id of the message
   */
  async dispatching<T>(
    letter: Letter,
    { segments, locale, version, variant }: Wording,
    work: (message: NewMessage, send: Send) => Promise<T>,
    id: string = randomUUID(),
  ): Promise<T> {
    const { to, plan: legs, network } = letter;
    const [{ channel }] = legs;
    const plan = this.sms.plan({ to, channel, ...(network !== undefined && { network }) });
    const country = to.country ?? null;
    const message = {
      ...{ id, template: letter.template, channel, channels: legs.length > 1 ? legs : null, locale, version, variant },
      first: plan?.first ?? null,
      leaseMs: plan ? this.options.leaseMs : backoff(0, Math.random),
      cost: this.pricing.costOf(segments, country, plan?.first.provider ?? null, legs),
    };
    if (!plan) return work(message, () => Promise.resolve('queued'));
    const billed = { country, segments, channel };
    const claim = { id, turn: 0, fallsBack: legs.length > 1 };
    const around = { code: letter.code, locale: letter.locale ?? locale };
    try {
      return await work(message, (body, secsLeft) =>
        this.deliver(claim, plan, to, { ...around, body, validForSecs: Math.max(1, secsLeft) }, billed),
      );
    } finally {
      plan.drop();
    }
  }

  private async deliver(
    claim: Claim,
    plan: Plan,
    phone: PhoneNumber,
    text: Rendered & { readonly validForSecs: number },
    billed: Billed,
  ): Promise<DeliveryStatus> {
    const { status, dispatch } = await this.handover.deliver(claim, plan, phone, text, billed);
    if (!dispatch) return status;
    const about = `message ${claim.id} with a code to ${phone}`;
    if (status === 'failed') {
      const reasons = dispatch.attempts.flatMap((attempt) => ('reason' in attempt ? [attempt.reason] : []));
      this.logger.error(`${about} failed: ${reasons.join(' ')}`);
      throw failureOf(dispatch, this.sms);
    }
    this.logger[status === 'accepted' ? 'log' : 'warn'](`${about}: ${status} (${dispatch.attempts.at(-1)?.provider})`);
    return status;
  }

  /** The text of a message that no request waits for any more, as long as its verification is open. */
  private async textAgain(
    template: CodeTemplate,
    message: ClaimedRow,
    phone: PhoneNumber,
  ): Promise<Rendered | undefined> {
    const { verification_id, expires_in_ms } = message;
    const found = verification_id ? await this.verifications.find(verification_id) : null;
    if (found?.status !== 'pending') return undefined;
    const row = { purpose: found.purpose, key_version: found.keyVersion, code_length: found.codeLength };
    const code = this.secrets.codeOf(found.id, row, phone);
    const { channel, locale, template_version: version, variant } = message;
    const letter = { to: phone, plan: planFrom(null, channel), template, locale: found.locale, variant, code };
    const { body, locale: writtenIn } = await this.writeAgain(
      letter,
      { locale, version, variant },
      expires_in_ms / 1_000,
    );
    return { body, code, locale: found.locale ?? writtenIn };
  }

  private requestFor({ to, template, locale, variant, code }: Letter, secsLeft: number): WordingRequest {
    return {
      ...{ template, locale, variant: plainly(variant), country: to.country ?? null },
      variables: variablesOf(code, secsLeft, this.options.text),
      machineLine: machineLineOf(code, this.options.text),
    };
  }
}

/** The plain wording has no variant to be looked for. */
const plainly = (variant: string | null | undefined) => (variant === CONTROL ? null : variant);

/** Who got the plain wording by lot is told apart from those who were never asked. */
const asDrawn = ({ variant }: Letter, wording: Wording): Wording =>
  variant === CONTROL ? { ...wording, variant } : wording;
