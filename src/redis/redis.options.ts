import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { RedisServer } from './redis-connections.js';

export interface RedisOptions {
  /** Undefined: there is none, and everything lives in the database. */
  readonly server?: RedisServer;
}

export const { ConfigurableModuleClass: RedisModuleBase, MODULE_OPTIONS_TOKEN: REDIS_OPTIONS } =
  new ConfigurableModuleBuilder<RedisOptions>({ moduleName: 'Redis' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
