import { DomainError } from '../kernel/index.js';

/** Neither a text nor a template, or both. */
export class BodyOrTemplate extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Send "body", or "template" with its "variables".';

  constructor() {
    super('A text is either a body or a template.');
  }
}

export class ChannelUnavailable extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'CHANNEL_UNAVAILABLE';
  override readonly hint = 'Leave "channel" out for a plain text. Operators: configure a provider that carries it.';

  constructor(channel: string) {
    super(`No provider here carries ${channel}.`);
  }
}
