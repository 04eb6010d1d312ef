import type { QuotaState } from './quota.js';

export type ErrorKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'gone'
  | 'mismatch'
  | 'too_large'
  | 'rate_limited'
  | 'unavailable';

/** A failure that the caller can act on. Anything else that escapes is a bug and becomes a bare 500. */
export abstract class DomainError extends Error {
  abstract readonly kind: ErrorKind;

  /** Public and stable: clients branch on it. Retire a code, never reuse it. */
  abstract readonly code: string;

  /** What the caller can do about it, in one sentence. */
  readonly hint?: string;

  /** Seconds after which the same request may succeed; becomes `Retry-After`. */
  readonly retryAfterSecs?: number;

  /** What was asked for may have been done all the same: nobody got to know. */
  readonly mayHaveHappened?: boolean;

  /** Where the caller stands with the limits, where the failure is about them. */
  readonly quotas?: readonly QuotaState[];

  /** Extra members of the problem document, so nothing here may be secret. */
  readonly extensions: Readonly<Record<string, unknown>> = {};
}
