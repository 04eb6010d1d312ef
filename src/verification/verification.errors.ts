import { DomainError } from '../kernel/index.js';

export { optedOut } from '../fraud/index.js';
export { CostLimitReached, DeliveryUnavailable } from '../sms/index.js';

const DAY_SECS = 86_400;

/** Also for one that was approved or canceled: an ended verification tells nothing to whoever still holds its id. */
export class VerificationNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'VERIFICATION_NOT_FOUND';
  override readonly hint = 'Start a new verification.';

  constructor() {
    super('There is no such verification, or it has ended.');
  }
}

export class VerificationExpired extends DomainError {
  readonly kind = 'gone';
  readonly code = 'VERIFICATION_EXPIRED';
  override readonly hint = 'Start a new verification.';

  constructor() {
    super('This verification has expired.');
  }
}

export class TooManyChecks extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'TOO_MANY_CHECKS';
  override readonly hint = 'Start a new verification; this one takes no more guesses.';
  override readonly extensions = { limit: 'verification-checks' };

  /** @param retryAfterSecs until this verification has expired. */
  constructor(override readonly retryAfterSecs: number) {
    super('Every guess at this code has been used.');
  }
}

/** Too many wrong guesses at codes for one phone, whichever its verifications. */
export class PhoneTakesNoGuesses extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'TOO_MANY_CHECKS';
  override readonly hint: string;
  override readonly extensions: { readonly limit: string };
  override readonly retryAfterSecs: number;

  /** @param retryAfterSecs undefined: an operator must open it again */
  constructor(limit: string, retryAfterSecs: number | undefined) {
    super('Too many wrong codes were entered for this number.');
    this.extensions = { limit };
    this.retryAfterSecs = retryAfterSecs ?? DAY_SECS;
    this.hint =
      retryAfterSecs === undefined
        ? 'An operator can open it again: npm run cli -- limits reset NUMBER.'
        : 'Wait as long as Retry-After says; a new verification does not help.';
  }
}
