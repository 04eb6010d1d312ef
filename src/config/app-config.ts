import type { FraudOptions } from '../fraud/index.js';
import type { CountryCode } from '../kernel/index.js';
import type { RoutingConfig } from '../routing/index.js';
import type { Collector } from '../tracing/index.js';
import type { TestNumbersOptions } from '../verification/index.js';
import type { PriceList, ProviderDefinition, TemplateOptions } from '../sms/index.js';

/** One provider that is used, with its variables read and validated. */
export interface ConfiguredProvider {
  readonly definition: ProviderDefinition;
  readonly env: object;
}

/** What happens to a text: it leaves, it is only shown, or it is refused. */
export type SmsMode = 'live' | 'simulation' | 'disabled';

/** Least talkative first. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;

/** Everything the environment decides: validated, complete and frozen. */
export interface AppConfig {
  readonly env: 'development' | 'test' | 'production';
  readonly server: {
    readonly host: string;
    readonly port: number;
    /** An origin, without a trailing slash. */
    readonly publicBaseUrl?: string;
    readonly trustedProxies: readonly string[];
    /** Origins whose pages may read what browsers are meant to ask for. */
    readonly corsOrigins: readonly string[];
  };
  readonly database:
    | { readonly kind: 'pglite'; readonly dataDir: string }
    | { readonly kind: 'postgres'; readonly url: string; readonly maxConnections: number };
  readonly dataDir: string;
  readonly secrets: { readonly current: string; readonly previous?: string };
  readonly apiKeys: readonly { readonly name: string; readonly key: string }[];
  /** The one API key, for showing at start; never set in production, nor when API_KEYS is set. */
  readonly devApiKey?: string;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly sms: {
    readonly mode: SmsMode;
    /** One clause that a person understands. */
    readonly modeReason: string;
    /** Most preferred first. */
    readonly providers: readonly ConfiguredProvider[];
    readonly attemptTimeoutMs: number;
    readonly sendBudgetMs: number;
    readonly failoverTimeoutSecs: number;
    /** Messages a second that one sender sends of batches. */
    readonly paceOf: (provider: string) => number;
    readonly webhookSecret?: string;
    readonly templates: TemplateOptions;
  };
  readonly limits: {
    readonly perWindow: number;
    readonly windowSecs: number;
    readonly perDay: number;
    /** Millionths of a dollar. */
    readonly dailyCostLimitMicros: number;
    /** Percent of it, for phones that were approved before. */
    readonly costShareForKnown: number;
    readonly prices: PriceList;
    /** Dollars at a provider below which operators are told. */
    readonly lowBalance: number;
  };
  readonly phone: {
    readonly defaultRegion: CountryCode;
  };
  readonly fraud: FraudOptions;
  /** Undefined: nobody is asked what kind of line a number is. */
  readonly lookups?: {
    readonly accountSid: string;
    readonly authToken: string;
    readonly baseUrl: string;
    readonly ttlDays: number;
    readonly timeoutMs: number;
    readonly perDay: number;
    readonly isRequired: boolean;
    /** Millionths of a dollar. */
    readonly priceMicros: (country: string | null) => number;
  };
  readonly routing: RoutingConfig;
  readonly verification: {
    readonly codeLength: number;
    readonly ttlSecs: number;
    readonly maxChecks: number;
    readonly brandName: string;
    readonly webOtpDomain?: string;
    readonly androidAppHash?: string;
  };
  /** Undefined: every number is a person's. */
  readonly testNumbers?: TestNumbersOptions;
  readonly webhooks: {
    readonly httpsOnly: boolean;
    /** Addresses and ranges that webhooks may reach although they are not public. */
    readonly privateNetworks: readonly string[];
  };
  readonly auth: {
    readonly enabled: boolean;
    /** Undefined stands for the issuer. */
    readonly audience?: string;
  };
  /** How long verifications and texts are kept. */
  readonly retentionDays: number;
  /** Undefined: nothing is traced. */
  readonly collector?: Collector;
  readonly redis?: { readonly url: string; readonly maxConnections: number };
  /** In clear, or as a PHC string of argon2id. */
  readonly adminPassword?: string;
  /** What the operator should know although nothing is wrong; one sentence each. */
  readonly warnings: readonly string[];
}

/** Injects the configuration. */
export const AppConfig = Symbol('AppConfig');
