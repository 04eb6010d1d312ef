import type { Source } from '../kernel/index.js';
import type { RouteRule } from '../routing/index.js';
import { providerDefinitions, type PriceList, type ProviderDefinition } from '../sms/index.js';
import { tellAliases } from './aliases.js';
import type { AppConfig } from './app-config.js';
import type { ConfigFault } from './config-refusal.js';
import { ENVIRONMENTS, readEnvironments, type Environments } from './environments.js';
import { lookupFaults } from './lookup-setup.js';
import { readPrices } from './prices.js';
import { productionFaults } from './production-rules.js';
import { readRoutes } from './routes.js';
import { smsSetup, type SmsSetup } from './sms-setup.js';
import { testNumbersSetup } from './test-numbers.js';
import { warningsOf } from './warnings.js';

export interface ReadConfigOptions {
  /** Kinds of providers that there are, in the order in which they are preferred when none is named. */
  readonly definitions?: readonly ProviderDefinition[];
}

/** What an environment says, and all that is wrong with it; of what has a fault, nothing else here is to be believed. */
export interface Examination {
  readonly env: Environments;
  readonly setup: SmsSetup;
  /** Undefined: there is a fault of PRICES_FILE. */
  readonly prices?: PriceList;
  readonly routes: readonly RouteRule[];
  readonly testNumbers: AppConfig['testNumbers'];
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly string[];
}

/** Reads everything and refuses nothing. Writes nothing. */
export function examine(
  source: Source,
  { definitions = providerDefinitions }: ReadConfigOptions = {},
): Examination & { readonly definitions: readonly ProviderDefinition[] } {
  const { env, faults, warnings } = readEnvironments(source);
  const production = env.server.NODE_ENV === 'production';
  const setup = smsSetup(env, definitions, source);
  const { prices, faults: priceFaults } = readPrices(env.limits.PRICES_FILE);
  // Where nothing leaves, rules may name whoever would carry it.
  const named = setup.mode === 'live' ? setup.providers.map(({ definition }) => definition) : definitions;
  const routes = readRoutes(
    env.routing.ROUTES_FILE,
    named.map(({ name }) => name),
  );
  const tests = testNumbersSetup(env);
  const all = [
    ...faults,
    ...priceFaults,
    ...routes.faults,
    ...setup.faults,
    ...tests.faults,
    ...lookupFaults(env, source),
    ...(production ? productionFaults(env) : []),
  ];
  const classes = [...Object.values(ENVIRONMENTS), ...definitions.map((definition) => definition.environment)];
  return {
    env,
    setup,
    ...(prices && { prices }),
    routes: routes.rules,
    testNumbers: tests.numbers,
    faults: tellAliases(all, classes, source),
    warnings: [...warnings, ...setup.warnings, ...tests.warnings, ...warningsOf(env)],
    definitions,
  };
}
