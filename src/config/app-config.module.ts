import { Module, type DynamicModule } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';

import { AppConfig } from './app-config.js';

/** Hands the configuration to whoever injects `AppConfig`, or reads it by path through Nest's ConfigService. */
@Module({})
export class AppConfigModule {
  /** @param config as `readConfig` made it; this module reads no environment of its own. */
  static forRoot(config: AppConfig): DynamicModule {
    return {
      module: AppConfigModule,
      global: true,
      imports: [
        // skipProcessEnv: else a variable of the process that happens to be called like a path would win over the config.
        ConfigModule.forRoot({ isGlobal: true, ignoreEnvFile: true, skipProcessEnv: true, load: [() => config] }),
      ],
      providers: [{ provide: AppConfig, useValue: config }],
      exports: [AppConfig],
    };
  }
}
