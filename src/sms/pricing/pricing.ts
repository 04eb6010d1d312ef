import type { Micros } from './money.js';
import { carries, type Channel, type ChannelPlan } from '../provider/channel.js';
import { isMock } from '../providers/mock/simulated-network.js';
import type { PriceList } from './price-list.js';

/** What a day may cost, and by which prices that is counted. */
export interface Budget {
  readonly prices: PriceList;
  /** A UTC day's. */
  readonly capMicros: Micros;
  /** What of the cap is kept for phones that were approved before: 0 to 100. */
  readonly keptPercent: number;
}

/** What one message may cost, and what the day's budget is. */
export interface Cost {
  /** ISO 3166-1 alpha-2; null for numbers of no country. */
  readonly country: string | null;
  /** Of a text by the provider that is asked first. */
  readonly priceMicros: Micros;
  /** Of all texts that may go out for one message, at most, by whichever channel of its plan. */
  readonly reserveMicros: Micros;
  readonly capMicros: Micros;
  readonly keptMicros: Micros;
}

/** A text that nobody knows about, and one more: then nobody tries again. */
const MOST_TEXTS = 2;
const TEXTS_ONLY: ChannelPlan = [{ channel: 'sms' }];

/** Of a provider, as much as its prices need. */
export interface Priced {
  readonly name: string;
  /** As in `CarriesChannels`. */
  readonly channels?: readonly Channel[];
}

/** What texts cost by the list, at the providers that are configured. */
export class Pricing {
  private readonly providers: readonly Priced[];

  /** @param budget undefined: nothing costs anything, nothing is counted */
  constructor(
    providers: readonly (string | Priced)[],
    private readonly budget?: Budget,
  ) {
    this.providers = providers.map((provider) => (typeof provider === 'string' ? { name: provider } : provider));
  }

  /** The providers that are configured. */
  get names(): readonly string[] {
    return this.providers.map(({ name }) => name);
  }

  /** A UTC day's. */
  get capMicros(): Micros {
    return this.budget?.capMicros ?? 0;
  }

  /** What of it is kept for phones that were approved before. */
  get keptMicros(): Micros {
    return Math.floor((this.capMicros * (this.budget?.keptPercent ?? 0)) / 100);
  }

  /** Nothing that is configured costs anything anywhere. */
  get isFree(): boolean {
    return !this.budget || this.providers.every(({ name }) => isMock(name));
  }

  /** @param provider asked first; null: nobody is yet */
  costOf(segments: number, country: string | null, provider: string | null, plan: ChannelPlan = TEXTS_ONLY): Cost {
    const { capMicros, keptMicros } = this;
    const priceMicros = provider === null ? 0 : this.price(segments, country, provider, plan[0].channel);
    return { country, priceMicros, reserveMicros: this.worstOf(segments, country, plan), capMicros, keptMicros };
  }

  /** A text is paid by the segment, a WhatsApp message or a call as one. */
  price(segments: number, country: string | null, provider: string, channel: Channel = 'sms'): Micros {
    const units = channel === 'sms' ? segments : 1;
    return units * (this.budget?.prices.perSegment(provider, country, channel) ?? 0);
  }

  /** What a plan costs at most, if all its channels are tried. @param texts that may go out by the first of them */
  worstOf(segments: number, country: string | null, [first, ...later]: ChannelPlan, texts = MOST_TEXTS): Micros {
    const then = later.reduce((sum, { channel }) => sum + this.worst(segments, country, MOST_TEXTS, channel), 0);
    return this.worst(segments, country, texts, first.channel) + then;
  }

  /**
   * What up to `texts` of one message cost at most: each provider is asked once, the only one twice. However many are
   * configured, no third text goes out while two may arrive.
   */
  worst(segments: number, country: string | null, texts = MOST_TEXTS, channel: Channel = 'sms'): Micros {
    const able = this.providers.filter((provider) => carries(provider, channel));
    const prices = able.map(({ name }) => this.price(segments, country, name, channel));
    const [only] = prices;
    const all = prices.length === 1 && only !== undefined ? [only, only] : prices.sort((a, b) => b - a);
    return all.slice(0, texts).reduce((sum, price) => sum + price, 0);
  }
}
