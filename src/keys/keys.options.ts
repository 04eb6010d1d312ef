import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface KeysOptions {
  /** Names of the environment's keys, which no key made here may take. */
  readonly takenNames: readonly string[];
  /** How often this instance looks what others made or revoked. */
  readonly refreshMs?: number;
}

export const { ConfigurableModuleClass: KeysModuleBase, MODULE_OPTIONS_TOKEN: KEYS_OPTIONS } =
  new ConfigurableModuleBuilder<KeysOptions>({ moduleName: 'Keys' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
