export { AddressThrottle } from './address-throttle.js';
export { DatabaseWindows } from './database-windows.js';
export { LimitsModule } from './limits.module.js';
export type { LimitsOptions } from './limits.options.js';
export { RateLimitExceeded } from './rate-limit-exceeded.js';
export { RedisWindows } from './redis-windows.js';
export { SendLimits } from './send-limits.js';
export { SendWindows, type SettledHit } from './send-windows.js';
export { SlidingWindows, type Hit, type Quotas, type WindowRow } from './sliding-windows.js';
