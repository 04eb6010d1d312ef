import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface LimitsOptions {
  /** Texts to one number in any `windowSecs`. */
  readonly perWindow: number;
  readonly windowSecs: number;
  /** Texts to one number in any 24 hours. */
  readonly perDay: number;
}

export const { ConfigurableModuleClass: LimitsModuleBase, MODULE_OPTIONS_TOKEN: LIMITS_OPTIONS } =
  new ConfigurableModuleBuilder<LimitsOptions>({ moduleName: 'Limits' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
