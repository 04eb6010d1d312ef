export { DestinationNotAllowed, DestinationPolicy } from './destination-policy.js';
export { FraudModule } from './fraud.module.js';
export type { FraudOptions } from './fraud.options.js';
