import type { SmsMessage, Receipt } from '../../provider/sms-provider.js';

/** What stands behind the mocks in simulation, and says what becomes of a text. */
export interface SimulatedNetwork {
  /** @param provider the mock that was asked @throws {ProviderError} */
  take(provider: string, message: SmsMessage, signal: AbortSignal): Promise<Receipt>;
}

/** The mocks of simulation, most preferred first: two, so that one can fail and the other step in. */
export const MOCKS = ['mock', 'mock-backup'] as const;

/** Whether no text leaves there, so that none costs anything. */
export const isMock = (provider: string): boolean => MOCKS.some((name) => name === provider);
