import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { CountryCode, PhoneNumber } from '../kernel/index.js';
import type { ChallengeOptions } from './challenge/challenge.js';
import type { LineType } from './line-type.js';

/** What follows from a budget's verdict: it is written down, it asks for a challenge, or it counts. */
export const FRAUD_MODES = ['record', 'challenge', 'enforce'] as const;
export type FraudMode = (typeof FRAUD_MODES)[number];

export interface FraudOptions {
  /** ISO 3166-1 alpha-2; undefined allows every country. */
  readonly allowedCountries?: readonly CountryCode[];
  readonly blockedCountries?: readonly CountryCode[];
  /** Sent to, but never without the budgets: there, `record` means `challenge`. */
  readonly monitoredCountries?: readonly CountryCode[];
  /** Undefined: `DEFAULT_BLOCKED_LINES`. */
  readonly blockedLineTypes?: readonly LineType[];
  /** Of the budgets; what is decided from the number alone always counts. Default record. */
  readonly mode?: FraudMode;
  readonly challenge?: ChallengeOptions;
  /** Numbers that no text of any kind goes to: whoever uses them needs none. */
  readonly isTestNumber?: (phone: PhoneNumber) => boolean;
}

export const { ConfigurableModuleClass: FraudModuleBase, MODULE_OPTIONS_TOKEN: FRAUD_OPTIONS } =
  new ConfigurableModuleBuilder<FraudOptions>({ moduleName: 'Fraud' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
