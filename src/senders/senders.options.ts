import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { ProviderDefinition, SenderPool } from '../sms/index.js';

export interface ProviderPool {
  readonly provider: string;
  readonly pool: SenderPool;
}

export interface SendersOptions {
  /** Of every provider that is used and lets us choose. */
  readonly pools: readonly ProviderPool[];
}

/** What the environment says that texts may go out under. */
export const poolsOf = (
  providers: readonly { readonly definition: ProviderDefinition; readonly env: object }[],
): ProviderPool[] =>
  providers.flatMap(({ definition, env }) => {
    const pool = definition.pool?.(env);
    return pool ? [{ provider: definition.name, pool }] : [];
  });

export const { ConfigurableModuleClass: SendersModuleBase, MODULE_OPTIONS_TOKEN: SENDERS_OPTIONS } =
  new ConfigurableModuleBuilder<SendersOptions>({ moduleName: 'Senders' }).setClassMethodName('forRoot').build();
