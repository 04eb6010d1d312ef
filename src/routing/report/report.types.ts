import type { Way } from '../destination-router.js';
import type { Estimate } from './estimates.js';

export interface RuleReport {
  readonly country: string;
  readonly network?: string;
  readonly channel?: string;
  readonly providers?: readonly string[];
  readonly exclude?: readonly string[];
  readonly learn?: true;
  /** Who set it, or "file". */
  readonly by: string;
}

export interface ProviderReport {
  readonly provider: string;
  /** In how many of 1 texts it is asked first now, were all providers well. */
  readonly share: number;
  /** Of verifications that begin there: what is believed, and the middle 90 % of it. */
  readonly conversion: Estimate;
  /** Verifications that this rests on, older ones counting less. */
  readonly verifications: number;
  readonly tries: number;
  readonly deliveryRate: number | null;
  readonly latencyMs: number | null;
  /** Of a segment by the price list. */
  readonly priceUsd: number;
  /** Of a text as booked. */
  readonly paidUsd: number | null;
  /** Where it stands at the instance that answers; null: there is none. */
  readonly standing: string | null;
  /** At all instances, in the last five minutes. */
  readonly recent: { readonly tries: number; readonly failed: number };
}

export interface ShadowReport {
  readonly since: Date;
  readonly texts: number;
  /** Share of texts in which it would have asked the same provider first. */
  readonly agreement: number;
  readonly shares: Readonly<Record<string, number>>;
  readonly conversionGain: Estimate;
  /** Of a segment, by the price list. */
  readonly priceGainUsd: number;
  /** measured: whoever it would have chosen was asked first often enough here. */
  readonly basis: 'measured' | 'guessed';
  readonly caution: string;
}

export interface PlaceReport {
  readonly country: string;
  readonly network: string | null;
  readonly channel: string;
  readonly by: Way['by'];
  readonly rule: RuleReport | null;
  readonly providers: readonly ProviderReport[];
  readonly why: string;
  readonly shadow: ShadowReport | null;
}

export interface Facts {
  readonly standings: ReadonlyMap<string, { readonly state: string; readonly reason?: string }>;
  readonly recent: ReadonlyMap<string, { readonly tries: number; readonly failed: number }>;
  readonly shadows: readonly {
    readonly asked: string;
    readonly chosen: string;
    readonly count: number;
    readonly since: Date;
  }[];
}
