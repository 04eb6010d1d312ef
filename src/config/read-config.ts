import type { Source } from '../kernel/index.js';
import { providerDefinitions, type ProviderDefinition } from '../sms/index.js';
import { tellAliases } from './aliases.js';
import type { AppConfig } from './app-config.js';
import { assemble } from './assemble.js';
import { ConfigRefusal } from './config-refusal.js';
import { deepFreeze } from './deep-freeze.js';
import { ENVIRONMENTS, readEnvironments } from './environments.js';
import { lookupFaults, lookupSetup } from './lookup-setup.js';
import { readPrices } from './prices.js';
import { productionFaults } from './production-rules.js';
import { readRoutes } from './routes.js';
import { smsSetup } from './sms-setup.js';
import { testNumbersSetup } from './test-numbers.js';
import { warningsOf } from './warnings.js';

export interface ReadConfigOptions {
  /** Kinds of providers that there are, in the order in which they are preferred when none is named. */
  readonly definitions?: readonly ProviderDefinition[];
}

/**
 * What `source` decides. Writes one file, and only if nothing is refused: the secret that development makes for itself.
 * @throws {ConfigRefusal} with every fault at once.
 */
export function readConfig(source: Source, { definitions = providerDefinitions }: ReadConfigOptions = {}): AppConfig {
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
  if (all.length > 0 || !prices) {
    const classes = [...Object.values(ENVIRONMENTS), ...definitions.map((definition) => definition.environment)];
    throw new ConfigRefusal(tellAliases(all, classes, source));
  }

  const lookups = lookupSetup(env, source, setup.mode, prices);
  const told = [...warnings, ...setup.warnings, ...tests.warnings, ...warningsOf(env)];
  const config = assemble(env, setup, { prices, routes: routes.rules }, told, lookups);
  return deepFreeze<AppConfig>({ ...config, testNumbers: tests.numbers }, new Set<object>([...definitions, prices]));
}
