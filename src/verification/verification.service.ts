import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { DestinationPolicy } from '../fraud/index.js';
import { KeyRing, PhoneNumber, type QuotaState } from '../kernel/index.js';
import { SendLimits } from '../limits/index.js';
import { isSameCode } from './code.js';
import { CodeSender } from './code-sender.js';
import { ProofSigner } from './proof/proof-signer.js';
import { VerificationSecrets } from './verification-secrets.js';
import { optedOut, TooManyChecks, VerificationExpired, VerificationNotFound } from './verification.errors.js';
import { VERIFICATION_OPTIONS, type VerificationOptions } from './verification.options.js';
import { VerificationRepository } from './verification.repository.js';
import type { OpenedRow } from './verification.sql.js';
import type { CheckResult, DeliveryState, StartRequest, VerificationState } from './verification.types.js';

/** Seconds until the next text may be asked for, by how many went before. */
const COOLDOWNS_SECS = [30, 60, 120] as const;

@Injectable()
export class VerificationService {
  private readonly logger = new Logger(VerificationService.name);

  constructor(
    private readonly verifications: VerificationRepository,
    private readonly codes: CodeSender,
    private readonly secrets: VerificationSecrets,
    private readonly destinations: DestinationPolicy,
    private readonly limits: SendLimits,
    private readonly keys: KeyRing,
    private readonly proofs: ProofSigner,
    @Inject(VERIFICATION_OPTIONS) private readonly options: VerificationOptions,
  ) {}

  /**
   * Opens a verification and sends its code: one round trip, one POST, one round trip.
   * @throws {InvalidPhoneFormat | DestinationNotAllowed | RateLimitExceeded | SmsDisabled | DeliveryUnavailable | DatabaseUnavailable}
   */
  async start({ phone: text, purpose, channel, locale }: StartRequest): Promise<VerificationState> {
    const phone = PhoneNumber.parse(text, this.options.defaultRegion);
    this.destinations.admit(phone);
    const id = randomUUID();
    const { codeLength, maxChecks, ttlSecs } = this.options;
    const phoneKey = this.keys.lookupKey('phone', phone.line);
    const formerPhoneKey = this.keys.formerLookupKey('phone', phone.line);
    const { version: keyVersion, data: phoneSealed } = this.keys.seal(phone.e164, phoneKey);
    const verification = {
      id,
      formerPhoneKey,
      purpose,
      channel,
      locale: locale ?? null,
      phoneKey,
      phoneSealed,
      keyVersion,
      codeLength,
      maxChecks,
      ttlSecs,
    };

    return this.codes.dispatching(async (message, send) => {
      const row = await this.verifications.open(verification, message, COOLDOWNS_SECS[0]);
      if (row.opted_out) throw optedOut();
      const quotas = this.limits.admit(row);
      const code = this.secrets.codeOf(id, { purpose, key_version: keyVersion, code_length: codeLength }, phone);
      const delivery = await send(phone, code, row.secs_left);
      return this.stateOf({ id, phone, channel, purpose, delivery, row, quotas, checksLeft: maxChecks, code });
    });
  }

  /** The same code again, with the same expiry and the same guesses. @throws as `start`, and for what has ended */
  async resend(id: string): Promise<VerificationState> {
    return this.codes.dispatching(async (message, send) => {
      const row = await this.verifications.reopen(id, message, COOLDOWNS_SECS);
      if (row.ended === 'not_found') throw new VerificationNotFound();
      if (row.ended === 'expired') throw new VerificationExpired();
      if (row.ended === 'exhausted') throw new TooManyChecks(Math.max(1, row.secs_left));
      if (row.ended === 'opted_out') throw optedOut();
      const quotas = this.limits.admit(row);
      const phone = this.secrets.phoneOf(row);
      const code = this.secrets.codeOf(id, row, phone);
      const delivery = await send(phone, code, row.secs_left);
      const { channel, purpose, max_checks, checks } = row;
      return this.stateOf({
        id,
        phone,
        channel,
        purpose,
        delivery,
        row,
        quotas,
        checksLeft: max_checks - checks,
        code,
      });
    });
  }

  /**
   * Judges one guess; the first right one wins, and no other. Two statements at most.
   * @param audience who may rely on the proof @throws {VerificationNotFound | VerificationExpired | TooManyChecks}
   */
  async check(id: string, guess: string, audience: string, purpose: string | null = null): Promise<CheckResult> {
    const row = await this.verifications.countGuess(id, purpose);
    if (!row) return this.ended(id, purpose);
    const phone = this.secrets.phoneOf(row);
    if (!isSameCode(guess, this.secrets.codeOf(id, row, phone))) {
      return { status: 'pending', valid: false, checksLeft: row.max_checks - row.checks };
    }
    const approvedAt = await this.verifications.approve(id);
    if (!approvedAt) throw new VerificationNotFound();
    this.logger.log(`verification ${id} approved for ${phone}`);
    return {
      status: 'approved',
      valid: true,
      proof: await this.proofs.sign({ verificationId: id, purpose: row.purpose, phone, audience, approvedAt }),
    };
  }

  /** @throws {VerificationNotFound} */
  async get(id: string): Promise<VerificationState> {
    const found = await this.verifications.find(id);
    if (!found) throw new VerificationNotFound();
    const [window, standing] = await Promise.all([
      this.verifications.window(found.phoneKey),
      this.verifications.whereItStands(id, null),
    ]);
    const phone = this.secrets.phoneOf({
      phone_key: found.phoneKey,
      phone_sealed: found.phoneSealed,
      key_version: found.keyVersion,
    });
    const row = { created_at: found.createdAt, expires_at: found.expiresAt, next_send_at: found.nextSendAt };
    const state = this.stateOf({
      ...{ id, phone, row, channel: found.channel, purpose: found.purpose, checksLeft: found.maxChecks - found.checks },
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

  private async ended(id: string, purpose: string | null): Promise<never> {
    const row = await this.verifications.whereItStands(id, purpose);
    if (row?.status !== 'pending') throw new VerificationNotFound();
    if (row.expired) throw new VerificationExpired();
    throw new TooManyChecks(Math.max(1, row.seconds_left));
  }

  private stateOf(from: {
    id: string;
    phone: PhoneNumber;
    channel: string;
    purpose: string;
    row: Pick<OpenedRow, 'created_at' | 'expires_at' | 'next_send_at'>;
    quotas: readonly QuotaState[];
    checksLeft: number;
    delivery?: DeliveryState;
    code?: string;
  }): VerificationState {
    const { id, phone, channel, purpose, row, quotas, checksLeft, delivery, code } = from;
    return {
      id,
      status: 'pending',
      phone: phone.masked,
      channel,
      purpose,
      ...(delivery && { delivery }),
      createdAt: row.created_at,
      expiresAt: row.expires_at,
      nextSendAt: row.next_send_at,
      sendsLeft: Math.min(...quotas.map(({ remaining }) => remaining)),
      checksLeft,
      ...(this.options.revealCodes && code !== undefined && { testCode: code }),
      quotas,
    };
  }
}
