export { HealthModule } from './health.module.js';
export { ProviderWatch } from './provider-watch.js';
export type { HealthOptions } from './health.options.js';
