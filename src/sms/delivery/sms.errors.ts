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

export class EmptyMessage extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Give the text at least one visible character.';

  constructor() {
    super('A text cannot be empty.');
  }
}
