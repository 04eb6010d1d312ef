/** How a text travels. */
export const CHANNELS = ['sms', 'whatsapp', 'voice'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A provider that carries more than texts, or something else. */
export interface CarriesChannels {
  readonly channels: readonly Channel[];
}

/** Whether it carries that; one that does not say carries texts alone. */
export const carries = (provider: object, channel: Channel): boolean =>
  (provider as Partial<CarriesChannels>).channels?.includes(channel) ?? channel === 'sms';

/** One channel of a plan. */
export interface Leg {
  readonly channel: Channel;
  /** Seconds without a word that it arrived, after which the next channel is tried; of the last it means nothing. */
  readonly fallbackAfter?: number;
}

/** Channels in the order in which they are tried, each once. */
export type ChannelPlan = readonly [Leg, ...Leg[]];

export const MOST_LEGS = CHANNELS.length;
/** Seconds. */
export const FALLBACK_AFTER = { min: 5, max: 300 } as const;

/** What is left of a plan, as the database has it, from this channel on; a message without one has its channel alone. */
export function planFrom(channels: unknown, channel: Channel): ChannelPlan {
  const legs = Array.isArray(channels) ? (channels as readonly Leg[]) : [];
  const [leg = { channel }, ...later] = legs.slice(legs.findIndex((each) => each.channel === channel));
  return leg.channel === channel ? [leg, ...later] : [{ channel }];
}
