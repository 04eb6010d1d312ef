import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { CountryCode } from '../kernel/index.js';

export interface FraudOptions {
  /** ISO 3166-1 alpha-2; undefined allows every country. */
  readonly allowedCountries?: readonly CountryCode[];
}

export const { ConfigurableModuleClass: FraudModuleBase, MODULE_OPTIONS_TOKEN: FRAUD_OPTIONS } =
  new ConfigurableModuleBuilder<FraudOptions>({ moduleName: 'Fraud' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
