import { DomainError } from '../kernel/index.js';

export class AnalyticsUnreadable extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';

  constructor(
    message: string,
    override readonly hint: string,
  ) {
    super(message);
  }
}
