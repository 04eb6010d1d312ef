export { IdempotencyModule } from './idempotency.module.js';
export { ApiRepeatable, ThisRun } from './repeatable.js';
