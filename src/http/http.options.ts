import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { ApiKey } from './api-keys.js';

export interface HttpOptions {
  readonly apiKeys: readonly ApiKey[];
}

export const { ConfigurableModuleClass: HttpModuleBase, MODULE_OPTIONS_TOKEN: HTTP_OPTIONS } =
  new ConfigurableModuleBuilder<HttpOptions>({ moduleName: 'Http' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
