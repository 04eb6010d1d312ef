export * from './clock.js';
export * from './domain-error.js';
export * from './environment.js';
export * from './key-ring.js';
export * from './phone-number.js';
export * from './quota.js';
export * from './run.js';
