import type { PhoneNumber } from '../../kernel/index.js';
import type { Channel } from './channel.js';

/** One text for one phone, ready to hand to any provider. */
export interface SmsMessage {
  readonly to: PhoneNumber;
  /** At most 1600 characters. */
  readonly body: string;
  /** The code in it, for channels that have their own words around it. */
  readonly code?: string;
  /** BCP 47 of the text. */
  readonly locale?: string;
  /** How it travels; sms. */
  readonly channel?: Channel;
  /** Our number or name that it goes out under; without it the adapter chooses. */
  readonly sender?: string;
  /** Seconds after which the text is worthless and must not be delivered any more. */
  readonly validForSecs?: number;
  /** Names this try at this provider, for those that report under a name of ours. */
  readonly attemptId: string;
}

/** The provider's word that it took the message; not that a phone got it. */
export interface Receipt {
  readonly providerMessageId: string;
}

/** How long one answer may take, and how a message that was surely not sent may be offered again. */
export interface Patience {
  readonly timeoutMs: number;
  readonly maxRetries: number;
  /** Before the first retry; doubles, with jitter. */
  readonly retryDelayMs: number;
}

export interface SmsProvider {
  /** Stored on every attempt, so it never changes once released. */
  readonly name: string;
  /** The public error code for its failures, such as TWILIO_API_ERROR. */
  readonly errorCode: string;
  /** For whoever calls it: the adapter itself neither waits nor retries. */
  readonly patience: Patience;
  /** @throws {ProviderError} and nothing else; the contract suite holds every adapter to it. */
  send(message: SmsMessage, signal: AbortSignal): Promise<Receipt>;
}

/** A provider that can be asked for a sign of life without a paid message. */
export interface Pingable {
  /** @throws {ProviderError} when it gives none. */
  ping(signal: AbortSignal): Promise<void>;
}

export const isPingable = (provider: SmsProvider): provider is SmsProvider & Pingable =>
  typeof (provider as Partial<Pingable>).ping === 'function';

/** A provider whose first text would take longer than all others. */
export interface Preparable {
  /** What the first text would wait for; it goes out without, too. */
  prepare(): Promise<void>;
}

export const isPreparable = (provider: SmsProvider): provider is SmsProvider & Preparable => 'prepare' in provider;

/** A provider that holds connections. */
export interface Closable {
  /** Lets what is under way end, then lets go of every connection. */
  close(): Promise<void>;
}

export const isClosable = (provider: SmsProvider): provider is SmsProvider & Closable => 'close' in provider;

/** Every configured provider, most preferred first. One name for the token and for what it holds. */
export const SmsProviders = Symbol('SmsProviders');
export type SmsProviders = readonly SmsProvider[];
