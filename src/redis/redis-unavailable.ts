import { DomainError } from '../kernel/index.js';

export class RedisUnavailable extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'REDIS_UNAVAILABLE';
  override readonly retryAfterSecs = 2;
  override readonly hint = 'Nothing was sent. Try again shortly.';

  /** @param mayHaveRun it was sent, and what became of it is not known */
  constructor(
    reason: string,
    readonly mayHaveRun = false,
  ) {
    super('The store of the limits cannot be reached.', { cause: new Error(reason) });
  }
}

/** The server's own word that it did not do it. */
export const isRefusal = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError';

/** The word by which Redis or the system names a failure: error texts may repeat arguments, a password among them. */
export function reasonOf(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  if (isRefusal(error)) return /^[A-Z]+/.exec(message ?? '')?.[0] ?? 'refused';
  if (code) return code;
  return message?.includes('timed out') || message?.includes('timeout') ? 'no answer in time' : 'connection lost';
}
