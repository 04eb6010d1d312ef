import type { RouteMatch, RouteRule } from './route-rule.js';

/** Where a text goes, as rules see it. */
export interface RuleQuestion {
  readonly country: string;
  readonly network: string;
  readonly channel: string;
}

/** Tells rules for the same texts apart. */
export const keyOf = ({ country = '*', network = '', channel }: RouteMatch): string =>
  `${country} ${network} ${channel ?? ''}`;

/** The operator's rules; where several match, the narrowest decides: by network, then by country, then by channel. */
export class RuleBook {
  readonly rules: readonly RouteRule[];

  /** @param file what the database says about the same texts replaces it */
  constructor(file: readonly RouteRule[] = [], database: readonly RouteRule[] = []) {
    const byKey = new Map([...file, ...database].map((rule) => [keyOf(rule), rule]));
    this.rules = [...byKey.values()].sort((a, b) => width(a) - width(b));
  }

  find({ country, network, channel }: RuleQuestion): RouteRule | undefined {
    return this.rules.find(
      (rule) =>
        (rule.country ?? country) === country &&
        (rule.channel ?? channel) === channel &&
        (rule.network === undefined || network.startsWith(rule.network)),
    );
  }
}

/** The narrowest first. */
const width = ({ network, country, channel }: RouteRule) =>
  -((network?.length ?? 0) * 4 + (country ? 2 : 0) + (channel ? 1 : 0));
