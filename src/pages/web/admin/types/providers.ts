// These files: what the API answers, as far as it is shown. /openapi.json has all of it. Times are RFC 3339, money is dollars.

export type ProviderState = 'in_rotation' | 'suspended' | 'on_trial' | 'held';

export interface Provider {
  readonly name: string;
  readonly channels: readonly string[];
  readonly order: number;
  readonly state: ProviderState;
  readonly since: string;
  readonly why: string | null;
  readonly heldBy: string | null;
  readonly consecutiveFailures: number;
  readonly recent: {
    readonly calls: number;
    readonly failed: number;
    readonly slow: number;
    readonly p50Ms: number | null;
    readonly p95Ms: number | null;
  };
  readonly trial: { readonly allowed: number; readonly sent: number; readonly succeeded: number } | null;
  readonly nextPingAt?: string;
  readonly lastErrors: readonly { readonly at: string; readonly code: string; readonly reason: string }[];
  readonly history: readonly {
    readonly at: string;
    readonly from: ProviderState;
    readonly to: ProviderState;
    readonly why: string;
    readonly by: string;
    readonly instance: string;
  }[];
}
