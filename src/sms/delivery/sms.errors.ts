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
