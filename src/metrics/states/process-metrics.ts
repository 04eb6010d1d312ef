import { Inject, Injectable } from '@nestjs/common';
import { collectDefaultMetrics } from 'prom-client';

import { Metrics } from '../metrics.js';
import { METRICS_OPTIONS, type MetricsOptions } from '../metrics.options.js';

/** Gauges that prom-client calls totals, and that Node calls deprecated. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The process itself: memory, CPU, garbage, the event loop's lag, and what was built. */
@Injectable()
export class ProcessMetrics {
  constructor(metrics: Metrics, @Inject(METRICS_OPTIONS) { version }: MetricsOptions) {
    collectDefaultMetrics({ register: metrics.registry });
    for (const name of MISNAMED) metrics.registry.removeSingleMetric(name);
    const about = 'Which Sixdigit this is, and on which Node it runs; always 1';
    metrics.gauge('sixdigit_build_info', about, ['version', 'node']).set({ version, node: process.version }, 1);
  }
}
