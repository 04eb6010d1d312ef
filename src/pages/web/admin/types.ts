/** What the API answers, as far as it is shown here: /openapi.json has all of it. Times are RFC 3339, money is dollars. */
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

export interface VerificationRow {
  readonly id: string;
  readonly status: 'pending' | 'approved' | 'expired' | 'canceled' | 'failed';
  readonly phone: string;
  readonly country: string | null;
  readonly purpose: string;
  readonly channel: string;
  readonly locale: string | null;
  readonly sends: number;
  readonly checks: number;
  readonly maxChecks: number;
  readonly delivery: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
}

/** One thing that happened; which members it has depends on its kind. */
export interface Step {
  readonly at: string;
  readonly kind: string;
  readonly channel?: string;
  readonly locale?: string;
  readonly template?: string;
  readonly templateVersion?: number;
  readonly variant?: string;
  readonly resend?: boolean;
  readonly status?: string;
  readonly provider?: string;
  readonly sender?: string;
  readonly route?: string;
  readonly followUp?: true;
  readonly outcome?: string;
  readonly fault?: string;
  readonly latencyMs?: number;
  readonly cost?: number;
  readonly report?: string;
  readonly reportCode?: string;
  readonly notOnChannel?: true;
  readonly mode?: string;
  readonly verdict?: string;
  readonly reason?: string;
  readonly level?: string;
  readonly challenge?: string;
  readonly known?: true;
  readonly lineType?: string;
  readonly country?: string;
  readonly checks?: number;
  readonly maxChecks?: number;
  readonly left?: number;
  readonly reserved?: number;
  readonly approximate?: true;
}

export interface VerificationWay extends VerificationRow {
  readonly timeline: readonly Step[];
}

export interface MessageRow {
  readonly id: string;
  readonly verificationId: string | null;
  readonly status: string;
  readonly phone: string;
  readonly country: string | null;
  readonly channel: string;
  readonly locale: string | null;
  readonly template: string;
  readonly variant: string | null;
  readonly provider: string | null;
  readonly attempts: number;
  readonly cost: number;
  readonly createdAt: string;
}

export interface MessageWay extends MessageRow {
  readonly timeline: readonly Step[];
}

export interface Country {
  readonly country: string;
  readonly started: number;
  readonly approved: number;
  readonly conversion: number | null;
  readonly blocked: number;
  readonly cost: number;
  readonly prefixes: readonly { readonly level: string; readonly blockedUntil: string; readonly strikes: number }[];
  readonly unblock: { readonly body: { readonly country: string } } | null;
}

export interface Spend {
  readonly day: string;
  readonly capUsd: number;
  readonly keptForKnownUsd: number;
  readonly heldUsd: number;
  readonly bookedUsd: number;
  readonly reservedUsd: number;
  readonly byProvider: readonly {
    readonly provider: string;
    readonly country: string;
    readonly texts: number;
    readonly usd: number;
  }[];
  readonly byChannel: readonly { readonly channel: string; readonly texts: number; readonly usd: number }[];
  readonly byHour: readonly { readonly hour: string; readonly texts: number; readonly usd: number }[];
}

export interface LintedTemplate {
  readonly name: string;
  readonly locale: string;
  readonly variant: string | null;
  readonly version: number | null;
  readonly source: string;
  readonly country: string;
  readonly text?: {
    readonly body: string;
    readonly encoding: string;
    readonly size: number;
    readonly capacity: number;
    readonly segments: number;
  };
  readonly prices: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
}

export interface Template {
  readonly name: string;
  readonly locale: string;
  readonly variant: string | null;
  readonly source: string;
  readonly version: number | null;
  readonly body: string;
  readonly versions: readonly {
    readonly version: number;
    readonly body: string;
    readonly createdBy: string;
    readonly createdAt: string;
    readonly deletedAt?: string;
  }[];
}

export interface Experiment {
  readonly id: string;
  readonly template: string;
  readonly locale?: string;
  readonly status: 'running' | 'decided' | 'stopped';
  readonly rule: string;
  readonly winner?: string;
  readonly proposal?: string;
  readonly createdBy: string;
  readonly startsAt: string;
  readonly endedAt?: string;
  readonly minimumSample: number;
  readonly arms: readonly {
    readonly name: string;
    readonly weight: number;
    readonly accepted: number;
    readonly approved: number;
    readonly conversion: number | null;
    readonly conversionInterval: readonly number[] | null;
    readonly difference: number | null;
    readonly differenceInterval: readonly number[] | null;
    readonly decision: string;
  }[];
  readonly warnings: readonly string[];
}

export interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly description?: string;
  readonly createdAt: string;
  readonly failingSince?: string;
  readonly disabledAt?: string;
  readonly disabledReason?: string;
}

export interface Delivery {
  readonly id: string;
  readonly eventId: string;
  readonly type: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly tries: number;
  readonly createdAt: string;
  readonly nextTryAt?: string;
  readonly deliveredAt?: string;
  readonly lastStatus?: number;
  readonly lastError?: string;
}

export interface Key {
  readonly id: string;
  readonly name: string;
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly createdBy: string;
  readonly lastUsedAt?: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

export interface Act {
  readonly id: string;
  readonly at: string;
  readonly who: string;
  readonly act: string;
  readonly subject?: string;
  readonly network?: string;
}
