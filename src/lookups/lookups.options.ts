import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { Micros } from '../sms/index.js';
import type { Lookup } from './lookup.js';

export interface LookupsOptions {
  /** Null: nobody is asked, nothing is paid. */
  readonly lookup: Lookup | null;
  /** How long an answer is good. */
  readonly ttlDays: number;
  /** How long an answer is waited for, on the way to a text. */
  readonly timeoutMs: number;
  /** Questions a UTC day. */
  readonly perDay: number;
  /** Without an answer no text goes out. */
  readonly isRequired: boolean;
  /** A UTC day's, of texts and lookups together. */
  readonly capMicros: Micros;
  /** What of it is kept for phones that were approved before. */
  readonly keptMicros: Micros;
  /** Of one question. @param country ISO 3166-1 alpha-2 */
  readonly priceMicros: (country: string | null) => Micros;
}

export const NO_LOOKUPS: LookupsOptions = {
  ...{ lookup: null, ttlDays: 1, timeoutMs: 0, perDay: 0, isRequired: false, capMicros: 0, keptMicros: 0 },
  priceMicros: () => 0,
};

export const { ConfigurableModuleClass: LookupsModuleBase, MODULE_OPTIONS_TOKEN: LOOKUPS_OPTIONS } =
  new ConfigurableModuleBuilder<LookupsOptions>({ moduleName: 'Lookups' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
