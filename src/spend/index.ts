export type { Alert, AlertSink, AlertSinks } from './alerts.js';
export { SpendData } from './spend-data.js';
export { SpendReport } from './spend-report.js';
export { SpendWatch } from './spend-watch.js';
export { SpendModule } from './spend.module.js';
export type { SpendOptions } from './spend.options.js';
