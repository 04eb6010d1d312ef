import type { ChallengeOptions, FraudOptions } from '../fraud/index.js';
import type { CountryCode } from '../kernel/index.js';
import type { RouteRule, RoutingMode } from '../routing/index.js';
import type { PriceList } from '../sms/index.js';
import type { AppConfig } from './app-config.js';
import { developmentApiKey, developmentSecret } from './development-secret.js';
import type { Environments } from './environments.js';
import { collectorOf } from './tracing-setup.js';
import type { SmsSetup } from './sms-setup.js';

const DEFAULT_DAILY_DOLLARS = 50;
const MICROS = 1_000_000;

/** Variables without a fault, put together by subject. Makes development's secret if there is none. */
export function assemble(
  env: Environments,
  setup: SmsSetup,
  { prices, routes }: { readonly prices: PriceList; readonly routes: readonly RouteRule[] },
  warnings: readonly string[],
  lookups: AppConfig['lookups'],
): AppConfig {
  const { server, storage, secrets, sms, limits, verification, auth, webhooks, fraud, routing } = env;
  const current = secrets.APP_SECRET ?? developmentSecret(storage.DATA_DIR);
  const devApiKey = secrets.API_KEYS ? undefined : developmentApiKey(current);
  return {
    env: server.NODE_ENV as AppConfig['env'],
    server: {
      host: server.HOST ?? (server.NODE_ENV === 'production' ? '0.0.0.0' : '127.0.0.1'),
      port: server.PORT,
      publicBaseUrl: server.PUBLIC_BASE_URL && new URL(server.PUBLIC_BASE_URL).origin,
      trustedProxies: server.TRUSTED_PROXIES,
      corsOrigins: server.CORS_ORIGINS.map((origin) => new URL(origin).origin),
    },
    database: storage.DATABASE_URL
      ? { kind: 'postgres', url: storage.DATABASE_URL, maxConnections: storage.DATABASE_MAX_CONNECTIONS }
      : { kind: 'pglite', dataDir: storage.DATA_DIR },
    dataDir: storage.DATA_DIR,
    secrets: { current, previous: secrets.APP_SECRET_PREVIOUS },
    apiKeys: devApiKey ? [{ name: 'development', key: devApiKey }] : secrets.API_KEYS!.map(apiKey),
    devApiKey,
    logLevel: sms.SMS_LOG_LEVEL as AppConfig['logLevel'],
    sms: {
      mode: setup.mode,
      modeReason: setup.modeReason,
      providers: setup.providers,
      attemptTimeoutMs: sms.SMS_ATTEMPT_TIMEOUT_MS,
      sendBudgetMs: sms.SMS_SEND_BUDGET_MS,
      failoverTimeoutSecs: sms.SMS_FAILOVER_TIMEOUT_SECS,
      paceOf: pacesOf(env.batches),
      webhookSecret: secrets.SMS_WEBHOOK_SECRET,
      templates: {
        brand: verification.BRAND_NAME,
        doNotShare: sms.SMS_DO_NOT_SHARE,
        smartEncoding: sms.SMS_SMART_ENCODING,
        folder: sms.SMS_TEMPLATES_DIR,
        watch: server.NODE_ENV === 'development',
      },
    },
    limits: {
      perWindow: limits.SMS_RATE_LIMIT_PER_HOUR,
      windowSecs: limits.SMS_RATE_LIMIT_WINDOW,
      perDay: limits.SMS_RATE_LIMIT_PER_DAY,
      dailyCostLimitMicros: Math.round((limits.SMS_DAILY_COST_LIMIT ?? DEFAULT_DAILY_DOLLARS) * MICROS),
      costShareForKnown: limits.SMS_COST_SHARE_FOR_KNOWN,
      prices,
      lowBalance: limits.SMS_LOW_BALANCE,
    },
    phone: {
      defaultRegion: country(verification.PHONE_DEFAULT_REGION),
    },
    fraud: {
      allowedCountries: verification.ALLOWED_COUNTRIES?.map(country),
      blockedCountries: fraud.BLOCKED_COUNTRIES?.map(country),
      monitoredCountries: fraud.MONITORED_COUNTRIES?.map(country),
      blockedLineTypes: fraud.BLOCKED_LINE_TYPES?.filter((type) => type !== 'none') as FraudOptions['blockedLineTypes'],
      mode: fraud.FRAUD_MODE as FraudOptions['mode'],
      challenge: {
        provider: fraud.CHALLENGE_PROVIDER as ChallengeOptions['provider'],
        secret: fraud.CHALLENGE_SECRET,
        siteKey: fraud.CHALLENGE_SITE_KEY,
        url: fraud.CHALLENGE_URL,
        bits: fraud.CHALLENGE_BITS,
      },
    },
    lookups,
    routing: {
      mode: routing.ROUTING as RoutingMode,
      costWeight: routing.ROUTING_COST_WEIGHT,
      floor: routing.ROUTING_FLOOR / 100,
      rules: routes,
    },
    verification: {
      codeLength: verification.VERIFICATION_CODE_LENGTH,
      ttlSecs: verification.VERIFICATION_TTL_SECS,
      maxChecks: verification.VERIFICATION_MAX_CHECKS,
      brandName: verification.BRAND_NAME,
      webOtpDomain: verification.WEB_OTP_DOMAIN?.toLowerCase(),
      androidAppHash: verification.ANDROID_APP_HASH,
    },
    webhooks: { httpsOnly: server.NODE_ENV === 'production', privateNetworks: webhooks.WEBHOOK_PRIVATE_NETWORKS },
    auth: { enabled: auth.AUTH_ENABLED, audience: auth.AUTH_AUDIENCE },
    collector: collectorOf(env.tracing),
    retentionDays: env.privacy.RETENTION_DAYS,
    redis: storage.REDIS_URL ? { url: storage.REDIS_URL, maxConnections: storage.REDIS_MAX_CONNECTIONS } : undefined,
    adminPassword: secrets.ADMIN_PASSWORD,
    warnings,
  };
}

/** What carriers take of one sender: a US long code; Amazon's quota of a new account; a guess. */
const USUAL_PACES: Readonly<Record<string, number>> = {
  twilio: 1,
  'aws-sns': 20,
  http: 10,
  mock: 1_000,
  'mock-backup': 1_000,
};

function pacesOf({ SMS_PACE_PER_SENDER: all, SMS_PACE_PER_PROVIDER: items }: Environments['batches']) {
  const named = new Map(items.map((item) => [item.split(':')[0]!, Number(item.split(':')[1])]));
  return (provider: string): number => named.get(provider) ?? Number(all ?? USUAL_PACES[provider] ?? 1);
}

const country = (code: string): CountryCode => code.toUpperCase() as CountryCode;

function apiKey(item: string): { name: string; key: string } {
  const [name, key] = item.split(':') as [string, string];
  return { name, key };
}
