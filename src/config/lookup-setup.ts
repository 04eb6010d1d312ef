import type { Source } from '../kernel/index.js';
import { TwilioEnvironment, type PriceList } from '../sms/index.js';
import type { AppConfig } from './app-config.js';
import { check } from './check.js';
import type { ConfigFault } from './config-refusal.js';
import type { Environments } from './environments.js';

const NEEDS = ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN'] as const;
/** Dollars that one Line Type Intelligence cost when this was written; the price list's `twilio-lookup` wins. */
const PRICE_USD = 0.008;

/** Twilio's credentials for lookups, whoever carries the texts. */
export function lookupFaults({ lookups }: Environments, source: Source): ConfigFault[] {
  if (lookups.LOOKUP_PROVIDER !== 'twilio') return [];
  const { env, faults } = check(TwilioEnvironment, source);
  const missing = NEEDS.filter((name) => !env[name]).map((name) => ({
    name,
    problem: 'is unset, and LOOKUP_PROVIDER=twilio cannot work without it (CREDENTIALS_MISSING).',
    mend: 'Set it, or unset LOOKUP_PROVIDER.',
  }));
  return [...missing, ...faults.filter(({ name }) => NEEDS.some((needed) => needed === name))];
}

/** Undefined: nobody is asked; so it is where no text leaves. */
export function lookupSetup(
  { lookups }: Environments,
  source: Source,
  mode: AppConfig['sms']['mode'],
  prices: PriceList,
): AppConfig['lookups'] {
  if (lookups.LOOKUP_PROVIDER !== 'twilio' || mode !== 'live') return undefined;
  const { env } = check(TwilioEnvironment, source);
  return {
    accountSid: env.TWILIO_ACCOUNT_SID!,
    authToken: env.TWILIO_AUTH_TOKEN!,
    baseUrl: lookups.LOOKUP_BASE_URL,
    ttlDays: lookups.LOOKUP_TTL_DAYS,
    timeoutMs: lookups.LOOKUP_TIMEOUT_MS,
    perDay: lookups.LOOKUP_PER_DAY,
    isRequired: lookups.LOOKUP_REQUIRED,
    priceMicros: (country) =>
      prices.knows('twilio-lookup') ? prices.perSegment('twilio-lookup', country) : Math.ceil(PRICE_USD * 1e6),
  };
}
