import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { CountryCode } from '../kernel/index.js';

export interface BatchesOptions {
  /** Of numbers without a country code. */
  readonly defaultRegion: CountryCode;
  /** How long a row that was begun is left to this process. */
  readonly leaseMs: number;
  /** Messages a second that one sender sends at this provider. */
  readonly paceOf: (provider: string) => number;
  /** Seconds after which a text that was begun is worthless; 14400. */
  readonly validSecs?: number;
  /** Seconds after which a row that was not begun ends; 259200. */
  readonly waitSecs?: number;
  /** Rows that are at providers at once; 100. */
  readonly concurrency?: number;
  /** Whether this process sends; true. */
  readonly sends?: boolean;
}

export const { ConfigurableModuleClass: BatchesModuleBase, MODULE_OPTIONS_TOKEN: BATCHES_OPTIONS } =
  new ConfigurableModuleBuilder<BatchesOptions>({ moduleName: 'Batches' }).setClassMethodName('forRoot').build();
