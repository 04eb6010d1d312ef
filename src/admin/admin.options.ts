import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface AdminOptions {
  /** In clear or as a PHC string of argon2id; without one nobody signs in. */
  readonly password?: string;
  /** The origin that operators' browsers know this server by. */
  readonly publicBaseUrl?: string;
  /** Whether browsers reach this server by TLS only. */
  readonly isSecure: boolean;
}

export const { ConfigurableModuleClass: AdminModuleBase, MODULE_OPTIONS_TOKEN: ADMIN_OPTIONS } =
  new ConfigurableModuleBuilder<AdminOptions>({ moduleName: 'Admin' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
