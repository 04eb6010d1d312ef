import { Module, type DynamicModule } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';

import { AdminModule } from './admin/index.js';
import { AnalyticsModule } from './analytics/index.js';
import { AuthModule } from './auth/index.js';
import { BatchesModule } from './batches/index.js';
import { AppConfig, AppConfigModule } from './config/index.js';
import { ConsoleModule } from './console/index.js';
import { ExperimentBook, ExperimentsModule } from './experiments/index.js';
import { KeyRing } from './kernel/index.js';
import { FraudModule } from './fraud/index.js';
import { HealthModule } from './health/index.js';
import { HttpModule } from './http/index.js';
import { IdempotencyModule } from './idempotency/index.js';
import { KernelModule } from './kernel.module.js';
import { KeysModule } from './keys/index.js';
import { AddressThrottle, LimitsModule, SendWindows } from './limits/index.js';
import { LookupsModule } from './lookups/index.js';
import { lookupsOf } from './lookups.setup.js';
import { MessagesModule } from './messages/index.js';
import { MetricsModule } from './metrics/index.js';
import { PagesModule } from './pages/index.js';
import { PERSONAL_DATA } from './privacy.rooms.js';
import { PrivacyModule } from './privacy/index.js';
import { PrismaModule } from './prisma/index.js';
import { RedisModule } from './redis/index.js';
import { CHANNELS, OutboxModule, OwnSenders, SmsModule } from './sms/index.js';
import { DestinationRouter, RouteBook, RoutingModule } from './routing/index.js';
import { ReportsModule } from './reports/index.js';
import { poolsOf, SendersModule } from './senders/index.js';
import { SpendModule } from './spend/index.js';
import { TemplatesModule } from './templates/index.js';
import { machineLineOf, VerificationModule } from './verification/index.js';
import { WebhookEvents, WebhooksModule } from './webhooks/index.js';

/** Requests a minute that one address may make to public routes. */
const PUBLIC_REQUESTS = { ttl: 60_000, limit: 60 };
/** What a claimed message or request gets beyond the request's own budget before another process may take it over. */
const LEASE_MARGIN_MS = 5_000;

/** What is left of the failover's time for the network's word, once the request and a look at the outbox had theirs. */
const reportWaitMs = ({ failoverTimeoutSecs, sendBudgetMs }: AppConfig['sms']) =>
  Math.max(failoverTimeoutSecs * 1_000 - sendBudgetMs - 2_000, 2_000);

/** What the operator would have to set for each channel that a configured provider could carry. */
const missingChannels = (providers: AppConfig['sms']['providers']) =>
  Object.fromEntries(
    CHANNELS.map((channel) => [
      channel,
      providers.flatMap(({ definition, env }) => definition.missingFor?.(env, channel) ?? []),
    ]),
  );
/** A code as long as those that are sent, and the line that would go with it. */
const samplesOf = ({ codeLength, ...text }: AppConfig['verification']) => {
  const code = '1234567890'.slice(0, codeLength);
  return { code, machineLine: machineLineOf(code, text) };
};

/** The only file that names every room, and the only one that turns configuration into a room's options. */
@Module({})
export class AppModule {
  static forRoot(config: AppConfig): DynamicModule {
    const { sms, limits, phone, verification, server, database, redis, apiKeys, auth, webhooks } = config;
    const issuer = server.publicBaseUrl ?? `http://${server.host}:${server.port}`;
    const context = { publicBaseUrl: server.publicBaseUrl, webhookSecret: sms.webhookSecret };
    const book = new RouteBook(config.routing.rules);
    const leaseMs = sms.sendBudgetMs + LEASE_MARGIN_MS;
    return {
      module: AppModule,
      imports: [
        AppConfigModule.forRoot(config),
        KernelModule.forRoot(config.secrets),
        PrismaModule.forRoot(database),
        RedisModule.forRoot({ server: redis }),
        LimitsModule.forRoot(limits),
        LookupsModule.forRoot(lookupsOf(config)),
        FraudModule.forRoot(config.fraud),
        SmsModule.forRootAsync({
          inject: [KeyRing],
          useFactory: (keys: KeyRing) => {
            const providers = sms.providers.map(({ definition, env }) => definition.create(env, context));
            return {
              providers,
              router: new DestinationRouter(
                { ...config.routing, providers, price: limits.prices.perSegment.bind(limits.prices) },
                book,
              ),
              senders: new OwnSenders(providers, { hash: (text) => keys.lookupKey('sender', text) }),
              attemptTimeoutMs: sms.attemptTimeoutMs,
              sendBudgetMs: sms.sendBudgetMs,
              defaultRegion: phone.defaultRegion,
              templates: sms.templates,
              budget: {
                prices: limits.prices,
                capMicros: limits.dailyCostLimitMicros,
                keptPercent: limits.costShareForKnown,
              },
              missingFor: missingChannels(sms.providers),
              disabledReason: sms.mode === 'disabled' ? sms.modeReason : undefined,
            };
          },
        }),
        OutboxModule.forRootAsync({
          inject: [SendWindows],
          useFactory: (windows: SendWindows) => ({
            leaseMs,
            reportWaitMs: reportWaitMs(sms),
            onHitSettled: (hit) => windows.settle(hit),
          }),
        }),
        ExperimentsModule.forRoot({ watch: true }),
        VerificationModule.forRootAsync({
          inject: [ExperimentBook],
          useFactory: (variants: ExperimentBook) => ({
            defaultRegion: phone.defaultRegion,
            codeLength: verification.codeLength,
            ttlSecs: verification.ttlSecs,
            maxChecks: verification.maxChecks,
            leaseMs,
            text: verification,
            revealCodes: sms.mode === 'simulation',
            issuer,
            variants,
          }),
        }),
        ...(auth.enabled
          ? [AuthModule.forRoot({ defaultRegion: phone.defaultRegion, issuer, audience: auth.audience ?? issuer })]
          : []),
        ThrottlerModule.forRootAsync({
          inject: [AddressThrottle],
          useFactory: (storage: AddressThrottle) => ({ throttlers: [PUBLIC_REQUESTS], storage }),
        }),
        KeysModule.forRoot({ takenNames: apiKeys.map(({ name }) => name) }),
        AdminModule.forRoot({
          password: config.adminPassword,
          publicBaseUrl: server.publicBaseUrl,
          isSecure: config.env === 'production' || server.publicBaseUrl?.startsWith('https:') === true,
        }),
        HttpModule.forRoot({ apiKeys }),
        MessagesModule.forRoot({ defaultRegion: phone.defaultRegion, leaseMs }),
        BatchesModule.forRoot({ defaultRegion: phone.defaultRegion, leaseMs, paceOf: sms.paceOf }),
        ReportsModule,
        TemplatesModule.forRoot(samplesOf(verification)),
        SendersModule.forRoot({ pools: poolsOf(sms.providers) }),
        WebhooksModule.forRoot(webhooks),
        IdempotencyModule.forRoot({ leaseMs }),
        PrivacyModule.forRoot({
          rooms: PERSONAL_DATA,
          program: { retention: { days: config.retentionDays }, defaultRegion: phone.defaultRegion },
        }),
        MetricsModule,
        RoutingModule.forRoot({ book }),
        SpendModule.forRootAsync({
          inject: [WebhookEvents],
          useFactory: (events: WebhookEvents) => ({
            lowBalance: limits.lowBalance,
            homeCountry: phone.defaultRegion,
            sinks: [{ tell: ({ type, data }) => events.emit(type, data) }],
          }),
        }),
        AnalyticsModule.forRoot({ retentionDays: config.retentionDays, watch: true }),
        HealthModule.forRoot({ mode: sms.mode, modeReason: sms.modeReason }),
        PagesModule.forRoot({ admin: config.adminPassword !== undefined, inbox: sms.mode === 'simulation' }),
        ConsoleModule.forRoot({ simulation: sms.mode === 'simulation' }),
      ],
    };
  }
}
