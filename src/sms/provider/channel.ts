import type { SmsProvider } from './sms-provider.js';

/** How a text travels. */
export const CHANNELS = ['sms', 'whatsapp', 'voice'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A provider that carries more than texts, or something else. */
export interface CarriesChannels {
  readonly channels: readonly Channel[];
}

/** Whether it carries that; one that does not say carries texts alone. */
export const carries = (provider: SmsProvider, channel: Channel): boolean =>
  (provider as Partial<CarriesChannels>).channels?.includes(channel) ?? channel === 'sms';
