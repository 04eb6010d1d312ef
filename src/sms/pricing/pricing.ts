import type { Micros } from './money.js';
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
  /** Of all texts that may go out for one message, at most. */
  readonly reserveMicros: Micros;
  readonly capMicros: Micros;
  readonly keptMicros: Micros;
}

/** A text that nobody knows about, and one more: then nobody tries again. */
const MOST_TEXTS = 2;

/** What texts cost by the list, at the providers that are configured. */
export class Pricing {
  /** @param budget undefined: nothing costs anything, nothing is counted */
  constructor(
    private readonly providers: readonly string[],
    private readonly budget?: Budget,
  ) {}

  /** The providers that are configured. */
  get names(): readonly string[] {
    return this.providers;
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
    return !this.budget || this.providers.every((name) => name === 'mock');
  }

  /** @param provider asked first; null: nobody is yet */
  costOf(segments: number, country: string | null, provider: string | null): Cost {
    const { capMicros, keptMicros } = this;
    const priceMicros = provider === null ? 0 : this.price(segments, country, provider);
    return { country, priceMicros, reserveMicros: this.worst(segments, country), capMicros, keptMicros };
  }

  price(segments: number, country: string | null, provider: string): Micros {
    return segments * (this.budget?.prices.perSegment(provider, country) ?? 0);
  }

  /**
   * What up to `texts` of one message cost at most: each provider is asked once, the only one twice. However many are
   * configured, no third text goes out while two may arrive.
   */
  worst(segments: number, country: string | null, texts = MOST_TEXTS): Micros {
    const prices = this.providers.map((provider) => this.price(segments, country, provider));
    const [only] = prices;
    const all = prices.length === 1 && only !== undefined ? [only, only] : prices.sort((a, b) => b - a);
    return all.slice(0, texts).reduce((sum, price) => sum + price, 0);
  }
}
