export { WebhookAddress } from './address/webhook-address.js';
export { WebhookDeliveries, type DeliveryState, type WebhookDeliveryStatus } from './delivery/webhook-deliveries.js';
export { WebhookWorker } from './delivery/webhook.worker.js';
export { WebhookEndpoints, type EndpointState } from './endpoints/webhook-endpoints.js';
export { EVENT_TYPES, type EmittedType, type EventType } from './event-types.js';
export { WebhookData } from './webhook-data.js';
export { WebhookEvents } from './webhook-events.js';
export { WebhooksModule } from './webhooks.module.js';
export type { WebhooksOptions } from './webhooks.options.js';
