import type { Channel } from '../provider/channel.js';
import { isMock } from '../providers/mock/simulated-network.js';
import { micros, type Micros } from './money.js';

/** One thing wrong with a price list, and how to mend it; the operator's words, with the line. */
export class PriceListFault extends Error {
  override readonly name = 'PriceListFault';

  constructor(
    readonly problem: string,
    readonly mend: string,
  ) {
    super(`${problem} ${mend}`);
  }
}

/** Micros a segment (a WhatsApp message, a call) by country; `default` for every other. */
type Prices = Readonly<Record<string, Micros>>;

/** What nobody has a price for costs this; the list's own `default` replaces it. */
const WORST_CASE_USD = 0.3;
/** A provider, and one of its channels that is not sms. */
const NAME = /^[a-z][a-z0-9-]*(:(whatsapp|voice))?$/;
const COUNTRY = /^[A-Z]{2}$/;
/** Dearer than any text; so a price in cents is found out. */
const DEAREST_USD = 10;

/** What one segment costs at each provider, in millionths of a dollar; for what is unknown, the worst case. */
export class PriceList {
  private constructor(
    private readonly worstCase: Micros,
    private readonly providers: ReadonlyMap<string, Prices>,
  ) {}

  /**
   * `{"default": 0.3, "comment": "...", "twilio": {"US": 0.0083, "default": 0.2}, "twilio:whatsapp": {"US": 0.02}}`, in dollars.
   * @throws {PriceListFault} with the line of the first fault
   */
  static parse(text: string): PriceList {
    const list = objectIn(text);
    let worstCase = micros(WORST_CASE_USD);
    const providers = new Map<string, Prices>();
    for (const [name, value] of Object.entries(list)) {
      if (name === 'comment') continue;
      if (name === 'default') {
        worstCase = priceOf(value, text, 'default');
        continue;
      }
      if (!NAME.test(name)) {
        throw new PriceListFault(
          `${lineOf(text, name)}: "${name}" is no provider.`,
          'Name it as in SMS_PROVIDERS, such as "twilio", with its channel behind it where that is not sms: "twilio:whatsapp".',
        );
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        throw new PriceListFault(
          `${lineOf(text, name)}: "${name}" has no prices by country.`,
          `Write it like "${name}": {"US": 0.0083, "default": 0.2}.`,
        );
      }
      providers.set(name, pricesOf(value, text, name));
    }
    return new PriceList(worstCase, providers);
  }

  /** @param country ISO 3166-1 alpha-2; null where the number tells none */
  perSegment(provider: string, country: string | null, channel: Channel = 'sms'): Micros {
    if (isMock(provider)) return 0;
    const prices = this.providers.get(priceName(provider, channel));
    return prices?.[country ?? 'default'] ?? prices?.['default'] ?? this.worstCase;
  }

  /** Those that have a price of their own; whether all others have one together. */
  countriesOf(provider: string, channel: Channel = 'sms'): { countries: readonly string[]; hasDefault: boolean } {
    const prices = this.providers.get(priceName(provider, channel)) ?? {};
    return { countries: Object.keys(prices).filter((name) => name !== 'default'), hasDefault: 'default' in prices };
  }

  /** Whether an operator has said anything about it. */
  knows(provider: string, channel: Channel = 'sms'): boolean {
    return isMock(provider) || this.providers.has(priceName(provider, channel));
  }
}

/** What the prices of a provider's channel stand under. */
export const priceName = (provider: string, channel: Channel) =>
  channel === 'sms' ? provider : `${provider}:${channel}`;

function objectIn(text: string): Record<string, unknown> {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const position = Number(/position (\d+)/.exec(message)?.[1] ?? text.length);
    const line = text.slice(0, position).split('\n').length;
    throw new PriceListFault(
      `line ${line}: it is no JSON here.`,
      'Look for a missing comma or quote on that line or above.',
    );
  }
  if (typeof list === 'object' && list !== null && !Array.isArray(list)) return list as Record<string, unknown>;
  throw new PriceListFault('line 1: it is no JSON object.', 'Write it like {"twilio": {"US": 0.0083}}.');
}

function pricesOf(value: object, text: string, provider: string): Prices {
  const entries = Object.entries(value).map(([country, price]) => {
    if (country !== 'default' && !COUNTRY.test(country)) {
      throw new PriceListFault(
        `${lineOf(text, provider, country)}: "${country}" is no country.`,
        'Use two capital letters, such as "GB", or "default".',
      );
    }
    return [country, priceOf(price, text, provider, country)] as const;
  });
  return Object.fromEntries(entries);
}

function priceOf(value: unknown, text: string, ...path: readonly string[]): Micros {
  if (typeof value === 'number' && value >= 0 && value <= DEAREST_USD) return micros(value);
  throw new PriceListFault(
    `${lineOf(text, ...path)}: the price of ${path.join(' ')} is no number of dollars from 0 to ${DEAREST_USD}.`,
    'Write dollars a segment, such as 0.0083.',
  );
}

/** Where the innermost of these keys stands. */
function lineOf(text: string, ...path: readonly string[]): string {
  let position = 0;
  for (const key of path) position = Math.max(text.indexOf(JSON.stringify(key), position), position);
  return `line ${text.slice(0, position).split('\n').length}`;
}
