import { DomainError } from '../kernel/index.js';

export class InvalidIdempotencyKey extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'A UUID made for each thing that is to be done once will do.';

  constructor() {
    super('Idempotency-Key must be 1 to 255 printable ASCII characters.');
  }
}

export class IdempotencyConflict extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'IDEMPOTENCY_CONFLICT';
  override readonly retryAfterSecs = 1;
  override readonly hint = 'Ask again for its answer.';

  constructor() {
    super('The first request with this Idempotency-Key is still running.');
  }
}

export class IdempotencyMismatch extends DomainError {
  readonly kind = 'mismatch';
  readonly code = 'IDEMPOTENCY_MISMATCH';
  override readonly hint = 'Use a new key for a new request.';

  constructor() {
    super('This Idempotency-Key came with another request before.');
  }
}
