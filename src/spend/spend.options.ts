import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { AlertSinks } from './alerts.js';

export interface SpendOptions {
  /** Of the currency that the provider counts in; below it operators are told. */
  readonly lowBalance: number;
  /** Where most texts go: when not one more fits there, the cap is reached. */
  readonly homeCountry: string;
  /** Beside the log and the metric. */
  readonly sinks?: AlertSinks;
}

export const { ConfigurableModuleClass: SpendModuleBase, MODULE_OPTIONS_TOKEN: SPEND_OPTIONS } =
  new ConfigurableModuleBuilder<SpendOptions>({ moduleName: 'Spend' }).setClassMethodName('forRoot').build();
