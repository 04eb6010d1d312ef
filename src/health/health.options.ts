import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface HealthOptions {
  /** What the program does with texts, and why; shown by readiness. */
  readonly mode: 'live' | 'simulation' | 'disabled';
  readonly modeReason: string;
}

export const { ConfigurableModuleClass: HealthModuleBase, MODULE_OPTIONS_TOKEN: HEALTH_OPTIONS } =
  new ConfigurableModuleBuilder<HealthOptions>({ moduleName: 'Health' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
