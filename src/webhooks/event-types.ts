/** Everything that an endpoint can be told of; public and stable, so nothing here is ever renamed. docs/webhooks.md has a body of each. */
export const EVENT_TYPES = [
  'verification.approved',
  'verification.canceled',
  'verification.failed',
  'message.accepted',
  'message.sent',
  'message.delivered',
  'message.undelivered',
  'message.failed',
  'message.unknown',
  'message.canceled',
  'spend.threshold',
  'spend.unusual_hour',
  'provider.balance_low',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Sent on demand, to one endpoint, whatever it wants. */
export const TEST_EVENT = 'webhook.test';

/** What other rooms may tell; the rest is told by the database itself. */
export type EmittedType = Exclude<EventType, `verification.${string}` | `message.${string}`>;
