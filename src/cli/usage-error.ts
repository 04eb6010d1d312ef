import { DomainError } from '../kernel/index.js';

/** A command was asked for what cannot be. */
export class UsageError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';

  constructor(
    message: string,
    override readonly hint: string,
  ) {
    super(message);
  }
}
