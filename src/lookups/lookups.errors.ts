import { DomainError } from '../kernel/index.js';

/** Only where the operator wants an answer before every text. */
export class LookupUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'LOOKUP_UNAVAILABLE';
  override readonly retryAfterSecs = 60;
  override readonly hint =
    'Nothing was sent. Try again later. Operators: LOOKUP_REQUIRED=false sends without an answer; LOOKUP_PER_DAY and SMS_DAILY_COST_LIMIT say how many are paid for.';

  constructor(reason: string) {
    super(`What kind of line this is cannot be found out now: ${reason}.`);
  }
}
