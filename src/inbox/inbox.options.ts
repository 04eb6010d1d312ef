import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { CountryCode } from '../kernel/index.js';

export interface InboxOptions {
  /** The address that the server listens on. */
  readonly host: string;
  /** Of numbers without a country code. */
  readonly defaultRegion: CountryCode;
}

export const { ConfigurableModuleClass: InboxModuleBase, MODULE_OPTIONS_TOKEN: INBOX_OPTIONS } =
  new ConfigurableModuleBuilder<InboxOptions>({ moduleName: 'Inbox' }).setClassMethodName('forRoot').build();
