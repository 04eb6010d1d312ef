import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface ExperimentsOptions {
  /** Chooses wordings, counts and judges; a command does not. */
  readonly watch: boolean;
}

export const { ConfigurableModuleClass: ExperimentsModuleBase, MODULE_OPTIONS_TOKEN: EXPERIMENTS_OPTIONS } =
  new ConfigurableModuleBuilder<ExperimentsOptions>({ moduleName: 'Experiments' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
