import { ConfigurableModuleBuilder } from '@nestjs/common';

import type { AddressRules } from './address/webhook-address.js';

export interface WebhooksOptions extends AddressRules {
  /** False where nothing is to be delivered by this process, such as in a command. */
  readonly deliver?: boolean;
  /** How often due deliveries are looked for; 1000. */
  readonly everyMs?: number;
  /** One try, from the look-up of the name to the end of the answer; 15000. */
  readonly deadlineMs?: number;
  /** After that, another process may take a delivery over: longer than `deadlineMs`; 20000. */
  readonly leaseMs?: number;
}

export const { ConfigurableModuleClass: WebhooksModuleBase, MODULE_OPTIONS_TOKEN: WEBHOOKS_OPTIONS } =
  new ConfigurableModuleBuilder<WebhooksOptions>({ moduleName: 'Webhooks' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
