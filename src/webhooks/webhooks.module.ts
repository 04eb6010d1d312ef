import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/index.js';
import { WebhookAddress } from './address/webhook-address.js';
import { WebhookDeliveries } from './delivery/webhook-deliveries.js';
import { WebhookWorker } from './delivery/webhook.worker.js';
import { WebhookEndpoints } from './endpoints/webhook-endpoints.js';
import { WebhookDeliveriesController, WebhookEndpointsController } from './webhook-endpoints.controller.js';
import { WebhookEvents } from './webhook-events.js';
import { WEBHOOKS_OPTIONS, WebhooksModuleBase, type WebhooksOptions } from './webhooks.options.js';

/** Tells operators' servers what happens. */
@Module({
  imports: [AuditModule],
  controllers: [WebhookEndpointsController, WebhookDeliveriesController],
  providers: [
    WebhookDeliveries,
    WebhookEndpoints,
    WebhookEvents,
    WebhookWorker,
    {
      provide: WebhookAddress,
      inject: [WEBHOOKS_OPTIONS],
      useFactory: (rules: WebhooksOptions) => new WebhookAddress(rules),
    },
  ],
  exports: [WebhookDeliveries, WebhookEndpoints, WebhookEvents, WebhookWorker],
})
export class WebhooksModule extends WebhooksModuleBase {}
