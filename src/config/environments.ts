import type { Source } from '../kernel/index.js';
import { clashes } from './aliases.js';
import { check } from './check.js';
import type { ConfigFault } from './config-refusal.js';
import { AuthEnvironment } from './variables/auth.environment.js';
import { BatchesEnvironment } from './variables/batches.environment.js';
import { CliEnvironment } from './variables/cli.environment.js';
import { FraudEnvironment } from './variables/fraud.environment.js';
import { LimitsEnvironment } from './variables/limits.environment.js';
import { LookupsEnvironment } from './variables/lookups.environment.js';
import { PrivacyEnvironment } from './variables/privacy.environment.js';
import { RoutingEnvironment } from './variables/routing.environment.js';
import { SecretsEnvironment } from './variables/secrets.environment.js';
import { ServerEnvironment } from './variables/server.environment.js';
import { SmsEnvironment } from './variables/sms.environment.js';
import { StorageEnvironment } from './variables/storage.environment.js';
import { TracingEnvironment } from './variables/tracing.environment.js';
import { TestNumbersEnvironment } from './variables/test-numbers.environment.js';
import { VerificationEnvironment } from './variables/verification.environment.js';
import { WebhooksEnvironment } from './variables/webhooks.environment.js';

/** Every environment class of the program itself; providers bring their own. */
export const ENVIRONMENTS = {
  server: ServerEnvironment,
  secrets: SecretsEnvironment,
  storage: StorageEnvironment,
  sms: SmsEnvironment,
  batches: BatchesEnvironment,
  limits: LimitsEnvironment,
  verification: VerificationEnvironment,
  testNumbers: TestNumbersEnvironment,
  webhooks: WebhooksEnvironment,
  auth: AuthEnvironment,
  privacy: PrivacyEnvironment,
  fraud: FraudEnvironment,
  lookups: LookupsEnvironment,
  routing: RoutingEnvironment,
  tracing: TracingEnvironment,
  cli: CliEnvironment,
} as const;

export type Environments = { readonly [K in keyof typeof ENVIRONMENTS]: InstanceType<(typeof ENVIRONMENTS)[K]> };

/** All of them, read and checked. */
export function readEnvironments(source: Source): { env: Environments; faults: ConfigFault[]; warnings: string[] } {
  const entries = Object.entries(ENVIRONMENTS).map(([key, environment]) => ({
    key,
    ...check<object>(environment, source),
  }));
  return {
    env: Object.fromEntries(entries.map(({ key, env }) => [key, env])) as unknown as Environments,
    faults: entries.flatMap(({ faults }) => faults),
    warnings: Object.values(ENVIRONMENTS).flatMap((environment) => clashes(environment, source)),
  };
}
