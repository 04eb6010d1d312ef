import { Module } from '@nestjs/common';

import { RequestMetrics } from './happenings/request-metrics.js';
import { TextMetrics } from './happenings/text-metrics.js';
import { VerificationMetrics } from './happenings/verification-metrics.js';
import { MetricsController } from './metrics.controller.js';
import { Metrics } from './metrics.js';
import { MetricsModuleBase } from './metrics.options.js';
import { ProcessMetrics } from './states/process-metrics.js';
import { ProviderMetrics } from './states/provider-metrics.js';
import { StoreMetrics } from './states/store-metrics.js';

/** Counts what happens, shows how things are. Rooms that have something of their own to show ask for {@link Metrics}. */
@Module({
  controllers: [MetricsController],
  providers: [
    ...[Metrics, TextMetrics, VerificationMetrics, RequestMetrics],
    ...[ProcessMetrics, ProviderMetrics, StoreMetrics],
  ],
  exports: [Metrics, TextMetrics, VerificationMetrics],
})
export class MetricsModule extends MetricsModuleBase {}
