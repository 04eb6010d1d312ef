export { AddressThrottle } from './address-throttle.js';
export { LimitsModule } from './limits.module.js';
export type { LimitsOptions } from './limits.options.js';
export { RateLimitExceeded } from './rate-limit-exceeded.js';
export { SendLimits, type WindowRow } from './send-limits.js';
