import type { SmsProvider } from './sms-provider.js';

/** A number or a name that texts go out under. */
export interface OwnSender {
  /** E.164, a short code, or a sender id of letters. */
  readonly id: string;
  /** ISO 3166-1 alpha-2: texts to that country alone; without it, to any. */
  readonly country?: string;
}

export interface SenderPool {
  readonly senders: readonly OwnSender[];
  /** North American area code whose numbers are preferred there. */
  readonly areaCode?: string;
}

/** A provider that lets us say which of our senders a text goes out under. */
export interface HasSenders {
  readonly pool: SenderPool;
}

export const hasSenders = (provider: SmsProvider): provider is SmsProvider & HasSenders =>
  'pool' in (provider as Partial<HasSenders>);

/**
 * What a failure says of the sender that a text went out under.
 * blocked: a carrier did not take this one text from it; one such text proves little, as a single recipient can be behind it.
 * unusable: it cannot be used at all, whoever is texted, such as a number that is not registered.
 */
export type SenderFault = 'blocked' | 'unusable';

/** A short code or a number: what a person could text back to. */
export const isNumeric = (sender: string): boolean => /^\+?\d+$/.test(sender);

/** The three digits after +1. */
export const areaCodeOf = (e164: string): string | undefined => /^\+1(\d{3})\d{7}$/.exec(e164)?.[1];
