export type { Behaviour } from './fake-behaviour.js';
export { FakeGateway, type FakeGatewayOptions } from './fake-gateway.js';
export { type FakeOptions, FakeProvider } from './fake-provider.js';
export { FakeSns, type FakeSnsOptions } from './fake-sns.js';
export { FakeTwilio, type FakeTwilioOptions, type ReportOptions } from './fake-twilio.js';
export type { LedgerEntry } from './ledger.js';
export { type KeyPair, selfSigned } from './tls.js';
export { deliver, twilioSignature } from './twilio-webhook.js';
