import { DomainError } from '../kernel/index.js';

/** Another site, another machine or another name than this one: nothing is said of what there is. */
export class InboxForbidden extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'UNAUTHORIZED';
  override readonly hint =
    'Open http://localhost:PORT/inbox on the machine that runs Sixdigit, sign in as an operator, or send a key with the scope "admin".';

  constructor(reason: string) {
    super(`The inbox does not open for this request: ${reason}.`);
  }
}

export class InboxMessageNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'The inbox keeps the newest messages of this process, until it ends.';

  constructor() {
    super('There is no such message in the inbox.');
  }
}

export class MessageSettled extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'MESSAGE_SETTLED';
  override readonly hint =
    'Say what becomes of the next one before it is sent: POST /v1/inbox/plans. A delivery is final, and what no provider took cannot be reported on.';

  constructor(state: string) {
    super(`This message is ${state} already.`);
  }
}

export class TooManyPlans extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'TOO_MANY_PLANS';
  override readonly hint = 'Use them up by sending, or clear them: DELETE /v1/inbox/plans';

  constructor(most: number) {
    super(`${most} plans for next messages wait already.`);
  }
}

export class TooManyStreams extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'TOO_MANY_STREAMS';
  override readonly retryAfterSecs = 5;
  override readonly hint = 'Close some pages that show the inbox.';

  constructor(most: number) {
    super(`${most} streams of the inbox are open already.`);
  }
}
