import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface AnalyticsOptions {
  /** How long verifications are kept: what is older cannot be summed up any more. */
  readonly retentionDays: number;
  /** Sums up; a command does not. */
  readonly watch: boolean;
}

export const { ConfigurableModuleClass: AnalyticsModuleBase, MODULE_OPTIONS_TOKEN: ANALYTICS_OPTIONS } =
  new ConfigurableModuleBuilder<AnalyticsOptions>({ moduleName: 'Analytics' }).setClassMethodName('forRoot').build();
