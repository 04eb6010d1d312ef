import { DomainError } from '../../kernel/index.js';

export class TooManyListeners extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'LISTENER_LIMIT_REACHED';
  override readonly retryAfterSecs = 10;
  override readonly hint = 'Close a page that listens, or ask GET /v1/admin/now instead.';

  constructor(most: number) {
    super(`${most} are listening already.`);
  }
}

export class ServerStops extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'SERVER_STOPPING';
  override readonly retryAfterSecs = 2;
  override readonly hint = 'Connect again: another instance, or the next one, will answer.';

  constructor() {
    super('This server is stopping.');
  }
}
