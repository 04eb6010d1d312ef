export { type AttemptJournal, type Begun } from './delivery/delivery.js';
export type { Attempt, Dispatch } from './delivery/dispatch.js';
export {
  ChannelUnavailable,
  CostLimitReached,
  DeliveryUnavailable,
  EmptyMessage,
  MessageTooLong,
  SmsDisabled,
} from './delivery/sms.errors.js';
export { bothOf, SmsObserver, type TextKind } from './delivery/sms-observer.js';
export { HttpClient } from './provider/http-client.js';
export { isSecureUrl } from './provider/secure-url.js';
export { TransportError } from './provider/transport-error.js';
export type { ProviderContext, ProviderDefinition } from './provider/provider-definition.js';
export { OUTCOME, ProviderError, type ProviderFault } from './provider/provider-error.js';
export { backoff } from './delivery/backoff.js';
export { Handover } from './outbox/handover.js';
export {
  DELIVERY_STATUSES,
  BudgetSpent,
  LeaseLost,
  MessageLog,
  type Billed,
  type Claim,
  type DeliveryStatus,
  type Ending,
} from './outbox/message-log.js';
export { MessageData } from './outbox/message-data.js';
export { MessageTexts, type Render, type Rendered } from './outbox/message-texts.js';
export { DeliveryReports } from './outbox/delivery-reports.js';
export { OptOuts } from './outbox/opt-outs.js';
export { OutboxModule } from './outbox/outbox.module.js';
export type { OutboxOptions } from './outbox/outbox.options.js';
export type { ClaimedRow, HitRow } from './outbox/outbox.sql.js';
export { OutboxWorker } from './outbox/outbox.worker.js';
export { pricesFromCsv, type ImportedPrices } from './pricing/csv-import.js';
export { dollars, micros, type Micros } from './pricing/money.js';
export { PriceList, PriceListFault, priceName } from './pricing/price-list.js';
export { Pricing, type Budget, type Cost } from './pricing/pricing.js';
export { segmentsOf } from './pricing/segments.js';
export { tellsOfAccount, type AccountFact, type AccountReport } from './provider/account.js';
export * from './provider/balance.js';
export {
  carries,
  CHANNELS,
  FALLBACK_AFTER,
  MOST_LEGS,
  planFrom,
  type Channel,
  type ChannelPlan,
  type Leg,
} from './provider/channel.js';
export * from './provider/delivery-report.js';
export * from './provider/reply.js';
export * from './provider/sms-provider.js';
export { firehoseRequestId } from './providers/aws-sns/reports/firehose.js';
export { AwsSnsProvider, type AwsSnsOptions } from './providers/aws-sns/aws-sns.provider.js';
export { HttpProvider, type HttpOptions } from './providers/http/http.provider.js';
export { MockProvider, type MockOptions } from './providers/mock/mock.provider.js';
export { isMock, MOCKS, type SimulatedNetwork } from './providers/mock/simulated-network.js';
export { providerDefinitions } from './providers/registry.js';
export { TwilioEnvironment } from './providers/twilio/twilio.environment.js';
export { TwilioProvider } from './providers/twilio/twilio.provider.js';
export type { TwilioOptions, TwilioSender } from './providers/twilio/twilio.options.js';
export { Rotation, type RotationOptions, type Turn } from './routing/rotation.js';
export type { Standing, StandingChange, StandingState } from './routing/standing.js';
export { SmsModule } from './sms.module.js';
export type { SmsOptions } from './sms.options.js';
export { checkLength, SmsService, type Plan, type PlanOptions, type SmsRequest } from './sms.service.js';
export { PreferenceRouter, Router, type Destination, type Route } from './routing/router.js';
export * from './provider/own-sender.js';
export { OwnSenders } from './senders/own-senders.js';
export { senderRule, type SenderRule } from './senders/sender-rules.js';
export { SenderRests } from './senders/sender-rests.js';
export { Senders } from './senders/senders.js';
export {
  CODE_TEMPLATES,
  CODE_VARIABLES,
  isCodeTemplate,
  lint,
  lintedText,
  problemsIn,
  type CodeTemplate,
  type Linted,
  type LintedText,
  type Sample,
} from './templates/lint.js';
export { compile, type CompiledTemplate } from './templates/compile.js';
export { canonical } from './templates/locale.js';
export { isTemplateName, wordingKey } from './templates/template-files.js';
export { TemplateFault, TemplateNotFound, VariableRefused } from './templates/template.errors.js';
export {
  Templates,
  type OwnTemplate,
  type TemplateArchive,
  type TemplateOptions,
  type TemplateSource,
  type Wording,
  type WordingRequest,
  type Written,
} from './templates/templates.js';
export { checkVariables, isPlainText, type VariableValue } from './templates/variables.js';
