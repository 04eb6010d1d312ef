import type { Provider } from './providers';

export interface Now {
  readonly at: string;
  readonly instance: string;
  readonly simulation: boolean;
  readonly providers: readonly Provider[];
  readonly sends: {
    readonly perMinute: readonly { readonly at: string; readonly accepted: number; readonly failed: number }[];
    readonly lastMinute: number;
    readonly successRate: number | null;
  };
  readonly verifications: { readonly started: number; readonly approved: number; readonly conversion: number | null };
  readonly spend: { readonly day: string; readonly limit: number; readonly reserved: number; readonly settled: number };
  readonly outbox: { readonly waiting: number; readonly oldestSecs: number | null };
}
