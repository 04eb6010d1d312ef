import type { FailedOutcome, ProviderFault } from '../provider/provider-error.js';

/** One try to hand one message to one provider. */
export type Attempt = {
  /** UUID, made before the POST, so that a delivery report can name it. */
  readonly id: string;
  readonly provider: string;
  readonly durationMs: number;
  /** The provider was never asked: no time was left, or it was taken out in between. */
  readonly isVoid?: true;
} & (
  | { readonly outcome: 'accepted'; readonly providerMessageId: string }
  | { readonly outcome: FailedOutcome; readonly fault: ProviderFault; readonly reason: string }
);

/**
 * Everything that happened to one message, in order.
 * accepted: a provider took it. unknown: none did for sure, one may have. refused: no provider could ever reach this
 * number. not_sent: surely nothing went out, and later may be better.
 */
export interface Dispatch {
  readonly status: 'accepted' | 'unknown' | 'refused' | 'not_sent';
  readonly attempts: readonly Attempt[];
}
