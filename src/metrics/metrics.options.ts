import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface MetricsOptions {
  /** Of this program. */
  readonly version: string;
  /** How long what was read from the database is good for; 1000. */
  readonly cacheMs?: number;
}

export const { ConfigurableModuleClass: MetricsModuleBase, MODULE_OPTIONS_TOKEN: METRICS_OPTIONS } =
  new ConfigurableModuleBuilder<MetricsOptions>({ moduleName: 'Metrics' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
