import type { Source } from '../kernel/index.js';
import type { AppConfig } from './app-config.js';
import { assemble } from './assemble.js';
import { ConfigRefusal } from './config-refusal.js';
import { deepFreeze } from './deep-freeze.js';
import { examine, type ReadConfigOptions } from './examine.js';
import { lookupSetup } from './lookup-setup.js';

export type { ReadConfigOptions };

/**
 * What `source` decides. Writes one file, and only if nothing is refused: the secret that development makes for itself.
 * @throws {ConfigRefusal} with every fault at once.
 */
export function readConfig(source: Source, options?: ReadConfigOptions): AppConfig {
  const { env, setup, prices, routes, testNumbers, faults, warnings, definitions } = examine(source, options);
  if (faults.length > 0 || !prices) throw new ConfigRefusal(faults);
  const lookups = lookupSetup(env, source, setup.mode, prices);
  const config = assemble(env, setup, { prices, routes }, warnings, lookups);
  return deepFreeze<AppConfig>({ ...config, testNumbers }, new Set<object>([...definitions, prices]));
}
