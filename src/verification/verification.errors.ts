import { DestinationNotAllowed } from '../fraud/index.js';
import { DomainError } from '../kernel/index.js';

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

export class CostLimitReached extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'COST_LIMIT_REACHED';
  override readonly hint =
    'Nothing was sent and no limit was used. It ends at midnight UTC, or when the operator raises SMS_DAILY_COST_LIMIT.';
  override readonly extensions = { limit: 'daily-cost' };

  /** @param retryAfterSecs until midnight UTC. */
  constructor(override readonly retryAfterSecs: number) {
    super('What texts may cost in a day is used up.');
  }
}

export class DeliveryUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'DELIVERY_UNAVAILABLE';
  override readonly retryAfterSecs = 5;
  override readonly hint = 'Nothing was sent and no limit was used. Try again shortly.';
  override readonly extensions: { readonly attempts: readonly { provider: string; fault: string; code: string }[] };

  constructor(attempts: readonly { provider: string; fault: string; code: string }[] = []) {
    super('No SMS provider takes messages now.');
    this.extensions = { attempts };
  }
}

export const optedOut = () =>
  new DestinationNotAllowed(
    'opted_out',
    'This person asked for no more texts.',
    'They can text START to the sender to get texts again.',
  );
