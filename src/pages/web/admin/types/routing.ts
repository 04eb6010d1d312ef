import type { ProviderState } from './providers';

export interface Rule {
  readonly country?: string;
  readonly network?: string;
  readonly channel?: string;
  readonly providers?: readonly string[];
  readonly exclude?: readonly string[];
  readonly learn?: true;
  readonly by: string;
}

/** With low and high: the middle 90 %. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface Place {
  readonly country: string;
  readonly network: string | null;
  readonly channel: string;
  readonly by: 'preference' | 'rule' | 'learned';
  readonly providers: readonly {
    readonly provider: string;
    readonly share: number;
    readonly conversion: Estimate;
    readonly verifications: number;
    readonly deliveryRate: number | null;
    readonly latencyMs: number | null;
    readonly priceUsd: number;
    readonly standing: ProviderState | null;
    readonly recent: { readonly tries: number; readonly failed: number };
  }[];
  readonly why: string;
  readonly shadow: {
    readonly since: string;
    readonly texts: number;
    readonly agreement: number;
    readonly shares: Readonly<Record<string, number>>;
    readonly conversionGain: Estimate;
    readonly priceGainUsd: number;
    readonly basis: 'measured' | 'guessed';
    readonly caution: string;
  } | null;
  readonly message?: {
    readonly tries: readonly {
      readonly provider: string;
      readonly route: string;
      readonly outcome: string;
      readonly fault?: string;
      readonly startedAt: string;
    }[];
    readonly why: string;
  };
}

export interface Routing {
  readonly mode: 'preference' | 'shadow' | 'learn';
  readonly costWeight: number;
  readonly floor: number;
  readonly rules: readonly Rule[];
  readonly destinations: readonly Place[];
}
