export { AnswerData } from './answer-data.js';
export { Answers } from './answers.js';
export { IdempotencyConflict } from './idempotency.errors.js';
export { fateAfter } from './idempotency.interceptor.js';
export { IdempotencyModule } from './idempotency.module.js';
export { ApiRepeatable, NeverKept, ThisRun } from './repeatable.js';
