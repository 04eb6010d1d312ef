export { AnalyticsData } from './analytics-data.js';
export { AnalyticsModule } from './analytics.module.js';
export type { AnalyticsOptions } from './analytics.options.js';
export { Analytics, type AnalyticsReport, type AnalyticsRow } from './analytics.js';
export type { AnalyticsAsked } from './asked.js';
export { csvOf } from './csv.js';
export { RollUpJob } from './roll-up.job.js';
