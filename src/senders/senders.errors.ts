import { DomainError } from '../kernel/index.js';

export class SenderNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint =
    'Take a sender that GET /v1/admin/senders, or "senders", shows; in a path a plus is written %2B. TWILIO_FROM_NUMBERS and the like name them.';

  constructor() {
    super('No provider that is used has such a sender.');
  }
}
