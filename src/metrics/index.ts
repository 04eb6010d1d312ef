export { type Count, type Counts, type Durations } from './families.js';
export { TextMetrics } from './happenings/text-metrics.js';
export { VerificationMetrics } from './happenings/verification-metrics.js';
export { Metrics } from './metrics.js';
export { MetricsModule } from './metrics.module.js';
export type { MetricsOptions } from './metrics.options.js';
