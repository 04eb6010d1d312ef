import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface IdempotencyOptions {
  /** How long a request is left to the process that runs it: longer than any takes. */
  readonly leaseMs: number;
}

export const { ConfigurableModuleClass: IdempotencyModuleBase, MODULE_OPTIONS_TOKEN: IDEMPOTENCY_OPTIONS } =
  new ConfigurableModuleBuilder<IdempotencyOptions>({ moduleName: 'Idempotency' })
    .setClassMethodName('forRoot')
    .build();
