import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { SendGuard } from '../fraud/index.js';
import { isSameSecret, KeyRing, PhoneNumber, type Run } from '../kernel/index.js';
import { SendLimits } from '../limits/index.js';
import { planFrom } from '../sms/index.js';
import { channelsOf, ChannelChoice } from './channel-choice.js';
import { CodeSender, type Send } from './code-sender.js';
import { ProofSigner } from './proof/proof-signer.js';
import { templateFor } from './template-for.js';
import { TestVerifications } from './test-verifications.js';
import { VerificationSecrets } from './verification-secrets.js';
import {
  DeliveryUnavailable,
  optedOut,
  TooManyChecks,
  VerificationExpired,
  VerificationNotFound,
} from './verification.errors.js';
import { COOLDOWNS_SECS } from './cooldowns.js';
import { secretColumns, stateOf } from './verification-state.js';
import { VERIFICATION_OPTIONS, type VerificationOptions } from './verification.options.js';
import { VerificationRepository, type NewMessage } from './verification.repository.js';
import type { ChannelWish, CheckResult, Judgement, StartRequest, VerificationState } from './verification.types.js';

@Injectable()
export class VerificationService {
  private readonly logger = new Logger(VerificationService.name);

  constructor(
    private readonly verifications: VerificationRepository,
    private readonly codes: CodeSender,
    private readonly channels: ChannelChoice,
    private readonly secrets: VerificationSecrets,
    private readonly guard: SendGuard,
    private readonly limits: SendLimits,
    private readonly keys: KeyRing,
    private readonly proofs: ProofSigner,
    private readonly tests: TestVerifications,
    @Inject(VERIFICATION_OPTIONS) private readonly options: VerificationOptions,
  ) {}

  /**
   * Opens a verification and sends its code: one round trip, one POST, one round trip.
   * @param run gives the verification and its message their id
   * @throws {InvalidPhoneFormat | ChannelUnavailable | DestinationNotAllowed | ChallengeRequired | RateLimitExceeded | CostLimitReached}
   * @throws {SmsDisabled | DeliveryUnavailable | DatabaseUnavailable}
   */
  async start(
    { phone: text, purpose, locale: wished, acceptLanguage, challenge, alike, ...wish }: StartRequest,
    run?: Run,
  ): Promise<VerificationState> {
    const phone = PhoneNumber.parse(text, this.options.defaultRegion);
    const asked = this.channels.asked(wish);
    const fixed = this.options.testNumbers?.codeOf(phone);
    if (fixed !== undefined) return this.tests.start(phone, { purpose, channel: asked[0].channel, code: fixed }, run);
    const admitted = this.channels.admitted(phone, asked);
    const before = run?.isRepeat && (await this.sentBefore(run));
    if (before) return before;
    const isSolved = challenge !== undefined && (await this.guard.isSolved(phone, challenge));
    const id = run?.id ?? randomUUID();
    const { codeLength, maxChecks, ttlSecs } = this.options;
    const phoneKey = this.keys.lookupKey('phone', phone.line);
    const formerPhoneKey = this.keys.formerLookupKey('phone', phone.line);
    if (formerPhoneKey) await this.guard.adopt(phone);
    const { version: keyVersion, data: phoneSealed } = this.keys.seal(phone.e164, phoneKey);
    const code = this.secrets.codeOf(id, { purpose, key_version: keyVersion, code_length: codeLength }, phone);
    // A stranger must not learn from the channel what became of earlier codes to this number.
    const plan = alike || admitted.length < 2 ? admitted : await this.channels.reachable(phone, admitted);
    const [{ channel }] = plan;
    const info = this.guard.looksUp ? await this.guard.inspect(phone, channelsOf(plan)) : undefined;
    const locale = wished ?? this.codes.accepted(acceptLanguage) ?? null;
    const addressed = { to: phone, plan, template: templateFor(purpose), locale, network: info?.network ?? undefined };
    const letter = this.codes.inItsWording({ ...addressed, code }, id);
    const wording = this.codes.write(letter);
    const gate = this.guard.measure(phone, isSolved, this.codes.priceOf(letter, wording), !alike);
    const verification = {
      id,
      formerPhoneKey,
      purpose,
      channel,
      locale,
      phoneKey,
      phoneSealed,
      keyVersion,
      codeLength,
      maxChecks,
      ttlSecs,
    };

    const work = async (message: NewMessage, send: Send) => {
      const row = await this.verifications
        .open(verification, message, COOLDOWNS_SECS[0], gate)
        .catch((error: unknown) => {
          throw this.guard.answerTo(error, phone, gate);
        });
      if (row.opted_out) throw optedOut();
      const quotas = this.limits.admit(row);
      this.options.observer?.started(channel);
      const delivery = await send(wording.body, row.secs_left);
      const newest = { id: message.id, status: delivery, channel };
      return stateOf({
        id,
        phone,
        channel,
        purpose,
        newest,
        row,
        quotas,
        checksLeft: maxChecks,
        code: this.shown(code),
      });
    };
    return this.codes.dispatching(letter, wording, work, run?.id);
  }

  /**
   * The same code again, with the same expiry and the same guesses.
   * @param purpose as of `judge` @param alike as of `StartRequest` @param wish without one, the same way as the first
   * @throws as `start`, and for what has ended
   */
  async resend(
    id: string,
    run?: Run,
    purpose: string | null = null,
    alike = false,
    wish: ChannelWish = {},
  ): Promise<VerificationState> {
    const asked = wish.channel || wish.channels ? this.channels.asked(wish) : undefined;
    const before = run?.isRepeat && (await this.sentBefore(run));
    if (before) return before;
    const sealed = await this.verifications.phoneOf(id, purpose);
    if (!sealed) throw new VerificationNotFound();
    const phone = this.secrets.phoneOf(sealed);
    const fixed = this.options.testNumbers?.codeOf(phone);
    if (fixed !== undefined) return this.tests.resend(id, phone, fixed);
    const code = this.secrets.codeOf(id, sealed, phone);
    const wished = asked ?? this.channels.asked({ channels: planFrom(sealed.channels, sealed.channel) });
    const admitted = this.channels.admitted(phone, wished, true);
    const plan = alike || admitted.length < 2 ? admitted : await this.channels.reachable(phone, admitted);
    const info = this.guard.looksUp ? await this.guard.inspectAgain(phone, channelsOf(plan)) : undefined;
    const { locale, variant } = sealed;
    const addressed = { to: phone, plan, template: templateFor(sealed.purpose), locale, variant };
    const letter = { ...addressed, network: info?.network ?? undefined, code };
    const wording = this.codes.write(letter);
    const price = this.codes.priceOf(letter, wording);
    // What a start was allowed may have been forbidden, or blocked, since.
    const decision = await this.guard.admitResend(phone, sealed.phone_key, price, !alike, channelsOf(plan));
    const work = async (message: NewMessage, send: Send) => {
      const row = await this.verifications.reopen(id, message, COOLDOWNS_SECS, purpose, decision);
      if (row.ended === 'not_found') throw new VerificationNotFound();
      if (row.ended === 'expired') throw new VerificationExpired();
      if (row.ended === 'exhausted') throw new TooManyChecks(Math.max(1, row.secs_left));
      if (row.ended === 'opted_out') throw optedOut();
      const quotas = this.limits.admit(row);
      this.options.observer?.resent(message.channel);
      const { body } = await this.codes.writeAgain(letter, wording, row.secs_left);
      const delivery = await send(body, row.secs_left);
      const { max_checks, checks } = row;
      return stateOf({
        id,
        phone,
        channel: message.channel,
        purpose: row.purpose,
        newest: { id: message.id, status: delivery, channel: message.channel },
        row,
        quotas,
        checksLeft: max_checks - checks,
        code: this.shown(code),
      });
    };
    return this.codes.dispatching(letter, wording, work, run?.id);
  }

  /**
   * Judges one guess, and signs a proof if it is right. Two statements at most.
   * @param audience who may rely on the proof @throws {VerificationNotFound | VerificationExpired | TooManyChecks}
   */
  async check(
    id: string,
    guess: string,
    audience: string,
    purpose: string | null = null,
    run?: Run,
  ): Promise<CheckResult> {
    const judgement = await this.judge(id, guess, purpose, run);
    if (!('approved' in judgement)) return { status: 'pending', valid: false, checksLeft: judgement.checksLeft };
    const { approved } = judgement;
    const subject = { ...approved, verificationId: approved.id, audience, jti: run?.id ?? randomUUID() };
    return { status: 'approved', valid: true, proof: await this.proofs.sign(subject) };
  }

  /**
   * Judges one guess; the first right one wins, and no other, but for a repeat of the same run.
   * @param purpose that it must have been started for; null: any without a colon, which are those of the server API
   * @throws as `check`
   */
  async judge(id: string, guess: string, purpose: string | null, run?: Run): Promise<Judgement> {
    const row = await this.verifications.countGuess(id, purpose);
    if (!row) return (await this.approvedBefore(id, run)) ?? this.ended(id, purpose);
    const phone = this.secrets.phoneOf(row);
    const fixed = this.options.testNumbers?.codeOf(phone);
    const right = fixed ?? this.secrets.codeOf(id, row, phone);
    if (!isSameSecret(guess, right)) {
      this.options.observer?.checked(false);
      return { checksLeft: row.max_checks - row.checks };
    }
    const approvedAt = await this.verifications.approve(id, row.guessed_at, run?.id ?? null);
    if (!approvedAt) {
      const before = await this.approvedBefore(id, run);
      if (before) return before;
      throw new VerificationNotFound();
    }
    // Its start was not counted either: probes by test numbers would hide that nobody else's codes come back.
    if (fixed === undefined) this.options.observer?.checked(true);
    this.logger.log(`verification ${id} approved for ${phone}`);
    return { approved: { id, purpose: row.purpose, phone, approvedAt } };
  }

  /** @throws {VerificationNotFound} */
  async get(id: string): Promise<VerificationState> {
    const found = await this.verifications.find(id);
    if (!found || found.purpose.includes(':')) throw new VerificationNotFound();
    const [window, standing, newest] = await Promise.all([
      this.verifications.window(found.phoneKey),
      this.verifications.whereItStands(id, null),
      this.verifications.newestMessage(id),
    ]);
    const phone = this.secrets.phoneOf(secretColumns(found));
    const row = { created_at: found.createdAt, expires_at: found.expiresAt, next_send_at: found.nextSendAt };
    const state = stateOf({
      ...{
        id,
        phone,
        row,
        newest,
        channel: found.channel,
        purpose: found.purpose,
        checksLeft: found.maxChecks - found.checks,
      },
      quotas: this.limits.states(window ?? { refused_by: null, retry_after: null, remaining: null, resets: null }),
    });
    const expired = found.status === 'pending' && standing?.expired;
    return { ...state, status: expired ? 'expired' : found.status };
  }

  /** Ends it without an answer; nobody can be approved by it any more. @throws {VerificationNotFound | VerificationExpired} */
  async cancel(id: string): Promise<VerificationState> {
    const canceled = await this.verifications.cancel(id);
    const state = await this.get(id);
    if (canceled || state.status === 'canceled') return state;
    throw state.status === 'expired' ? new VerificationExpired() : new VerificationNotFound();
  }

  /** The state of what an execution of the same run already sent, or left to the outbox. */
  private async sentBefore(run: Run): Promise<VerificationState | undefined> {
    const message = await this.verifications.findMessage(run.id);
    if (!message?.verification) return undefined;
    if (message.status === 'failed' && message.attempts.length === 0) throw new DeliveryUnavailable();
    const row = secretColumns(message.verification);
    const { id } = message.verification;
    const code = this.secrets.codeOf(id, row, this.secrets.phoneOf(row));
    return { ...(await this.get(id)), ...(this.options.revealCodes && { testCode: code }) };
  }

  /** The same again, when it was this very run that approved. */
  private async approvedBefore(id: string, run: Run | undefined): Promise<Judgement | undefined> {
    const found = run && (await this.verifications.find(id));
    if (!found?.endedAt || found.approvedBy !== run?.id) return undefined;
    const { purpose, endedAt: approvedAt } = found;
    return { approved: { id, purpose, phone: this.secrets.phoneOf(secretColumns(found)), approvedAt } };
  }

  private async ended(id: string, purpose: string | null): Promise<never> {
    const row = await this.verifications.whereItStands(id, purpose);
    if (row?.status !== 'pending') throw new VerificationNotFound();
    if (row.expired) throw new VerificationExpired();
    throw new TooManyChecks(Math.max(1, row.seconds_left));
  }

  /** As an answer may show it. */
  private shown(code: string): string | undefined {
    return this.options.revealCodes ? code : undefined;
  }
}
