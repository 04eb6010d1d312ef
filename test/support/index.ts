export type { Behaviour } from './fake-behaviour.js';
export * from './fake-aws-reports.js';
export { FakeGateway, type FakeGatewayOptions } from './fake-gateway.js';
export { type FakeOptions, FakeProvider } from './fake-provider.js';
export { FakeSns, type FakeSnsOptions } from './fake-sns.js';
export { FakeTwilio, type FakeTwilioOptions } from './fake-twilio.js';
export type { LedgerEntry } from './ledger.js';
export { type KeyPair, selfSigned, signingPair } from './tls.js';
