import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { CountryCode } from '../kernel/index.js';

export interface AuthOptions {
  readonly defaultRegion: CountryCode;
  /** The `iss` of every token: the base URL that the keys are published under. */
  readonly issuer: string;
  /** The `aud` of access tokens: what the services that take them are called. */
  readonly audience: string;
}

export const { ConfigurableModuleClass: AuthModuleBase, MODULE_OPTIONS_TOKEN: AUTH_OPTIONS } =
  new ConfigurableModuleBuilder<AuthOptions>({ moduleName: 'Auth' }).setClassMethodName('forRoot').build();
