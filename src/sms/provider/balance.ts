import type { SmsProvider } from './sms-provider.js';

/** What is left at a provider that is paid in advance. */
export interface Balance {
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
}

/** A provider that tells what is left there. */
export interface HasBalance {
  /** @throws {ProviderError} when it does not tell. */
  balance(signal: AbortSignal): Promise<Balance>;
}

export const hasBalance = (provider: SmsProvider): provider is SmsProvider & HasBalance =>
  typeof (provider as Partial<HasBalance>).balance === 'function';
