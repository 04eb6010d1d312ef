import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { CountryCode } from '../kernel/index.js';

export interface MessagesOptions {
  /** Of numbers without a country code. */
  readonly defaultRegion: CountryCode;
  /** How long a text is left to the request that sends it. */
  readonly leaseMs: number;
  /** Seconds after which a text is worthless; 14400. */
  readonly validSecs?: number;
}

export const { ConfigurableModuleClass: MessagesModuleBase, MODULE_OPTIONS_TOKEN: MESSAGES_OPTIONS } =
  new ConfigurableModuleBuilder<MessagesOptions>({ moduleName: 'Messages' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
