import { DomainError } from '../../kernel/index.js';

export class SmsDisabled extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'SMS_DISABLED';
  override readonly retryAfterSecs = 60;
  override readonly hint = 'The operator has to configure an SMS provider; /health/ready says what is missing.';

  constructor(reason: string) {
    super(`No texts are sent here: ${reason}.`);
  }
}

export class MessageTooLong extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'MESSAGE_TOO_LONG';
  override readonly hint: string;

  constructor(length: number, limit: number) {
    super(`A text of ${length} characters is too long.`);
    this.hint = `A text has at most ${limit} characters.`;
  }
}

/** Said before anything is written or sent. */
export class ChannelUnavailable extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'CHANNEL_UNAVAILABLE';
  override readonly hint: string;
  override readonly extensions: { readonly channel: string };

  /** @param missing names of variables without which no configured provider carries it */
  constructor(channel: string, missing: readonly string[]) {
    super(`Nothing is sent by ${channel} here.`);
    this.extensions = { channel };
    this.hint =
      missing.length > 0
        ? `Ask for another channel. Operators: ${missing.join(' and ')} would have to be set.`
        : 'Ask for another channel. Operators: no configured provider carries it; Twilio does.';
  }
}

export class EmptyMessage extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Give the text at least one visible character.';

  constructor() {
    super('A text cannot be empty.');
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
