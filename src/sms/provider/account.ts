import type { SmsProvider } from './sms-provider.js';

/** One thing that a provider tells of our account there. */
export interface AccountFact {
  /** Short: account, sender +******0006, sandbox. */
  readonly about: string;
  readonly state: 'ok' | 'warning' | 'fault';
  /** No secret, no whole phone, none of the provider's own prose. */
  readonly found: string;
  /** What to do about it, as one sentence; of whatever is not ok. */
  readonly mend?: string;
  /** It works for a trial, and for nobody else's phones. */
  readonly isTrial?: true;
}

export interface AccountReport {
  readonly facts: readonly AccountFact[];
  /** By the provider's clock, when it answered; undefined: it did not say. */
  readonly at?: Date;
}

/** A provider that tells, by calls that cost nothing, whether our account there can send. */
export interface TellsOfAccount {
  /** Never fails: that it gave no answer is a fact, too. */
  account(signal: AbortSignal): Promise<AccountReport>;
}

export const tellsOfAccount = (provider: SmsProvider): provider is SmsProvider & TellsOfAccount =>
  typeof (provider as Partial<TellsOfAccount>).account === 'function';

/** Of an HTTP answer; a second is as exact as it gets. */
export function dateOf(header: string | string[] | undefined): Date | undefined {
  const at = new Date(String(header));
  return Number.isNaN(at.getTime()) ? undefined : at;
}
