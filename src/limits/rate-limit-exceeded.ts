import { DomainError, type QuotaState } from '../kernel/index.js';

export class RateLimitExceeded extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'RATE_LIMIT_EXCEEDED';
  override readonly extensions: { readonly limit: string };
  override readonly hint = 'Wait as long as Retry-After says; asking earlier neither helps nor extends the wait.';

  constructor(
    limit: string,
    override readonly retryAfterSecs: number,
    override readonly quotas: readonly QuotaState[] = [],
  ) {
    super(`The limit "${limit}" is used up.`);
    this.extensions = { limit };
  }
}
