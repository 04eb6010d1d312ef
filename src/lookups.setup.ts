import type { AppConfig } from './config/index.js';
import { NO_LOOKUPS, TwilioLookup, type LookupsOptions } from './lookups/index.js';

/** What the environment says of lookups, for the program and for its commands. */
export function lookupsOf({ lookups, limits }: AppConfig): LookupsOptions {
  if (!lookups) return NO_LOOKUPS;
  const { dailyCostLimitMicros: capMicros, costShareForKnown } = limits;
  const { accountSid, authToken, baseUrl, ...more } = lookups;
  return {
    ...more,
    lookup: new TwilioLookup({ accountSid, authToken, baseUrl }),
    capMicros,
    keptMicros: Math.floor((capMicros * costShareForKnown) / 100),
  };
}
