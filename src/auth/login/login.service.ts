import { Inject, Injectable } from '@nestjs/common';

import { PhoneNumber } from '../../kernel/index.js';
import {
  VerificationService,
  type ChannelWish,
  type StartRequest,
  type VerificationState,
} from '../../verification/index.js';
import { AddressLimits } from '../address-limits.js';
import { CodeIncorrect } from '../auth.errors.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth.options.js';
import { Sessions, type TokenPair } from '../sessions/sessions.js';

/** The colon keeps it apart from every purpose that the server API can ask for. */
const PURPOSE = 'auth:login';

export type LoginRequest = Pick<
  StartRequest,
  'phone' | 'locale' | 'acceptLanguage' | 'challenge' | 'channel' | 'channels'
>;

export interface LoggedIn extends TokenPair {
  readonly user: { readonly id: string; readonly phone: PhoneNumber; readonly isNew: boolean };
}

/**
 * Login by a code to a phone. Whether somebody logs in with a number already is looked at when the code was right, and not before: a
 * start does and answers the same for every number.
 */
@Injectable()
export class LoginService {
  constructor(
    private readonly limits: AddressLimits,
    private readonly verifications: VerificationService,
    private readonly sessions: Sessions,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
  ) {}

  /** @throws as `VerificationService.start`, and {RateLimitExceeded} for the address */
  async start({ phone: text, ...request }: LoginRequest, ip: string): Promise<VerificationState> {
    const phone = PhoneNumber.parse(text, this.options.defaultRegion);
    await this.limits.admitStart(ip, phone);
    return this.verifications.start({ ...request, phone: phone.e164, purpose: PURPOSE, alike: true });
  }

  /** @throws as `VerificationService.resend`, and {RateLimitExceeded} for the address */
  async resend(id: string, ip: string, wish: ChannelWish = {}): Promise<VerificationState> {
    await this.limits.admitStart(ip);
    return this.verifications.resend(id, undefined, PURPOSE, true, wish);
  }

  /**
   * The right code is used up before a session is opened: when the store, or this process, is lost in between, nothing was
   * issued, and the person starts again.
   * @throws {CodeIncorrect | RateLimitExceeded} and as `VerificationService.judge`
   */
  async verify(id: string, code: string, ip: string, client: string | undefined): Promise<LoggedIn> {
    await this.limits.admitGuess(ip);
    const judgement = await this.verifications.judge(id, code, PURPOSE);
    if (!('approved' in judgement)) throw new CodeIncorrect(judgement.checksLeft);
    const { phone } = judgement.approved;
    const { tokens, userId, isNew } = await this.sessions.open(id, phone, client);
    return { ...tokens, user: { id: userId, phone, isNew } };
  }
}
