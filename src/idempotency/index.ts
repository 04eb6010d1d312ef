export { AnswerData } from './answer-data.js';
export { Answers } from './answers.js';
export { IdempotencyConflict } from './idempotency.errors.js';
export { fateAfter } from './idempotency.guard.js';
export { IdempotencyModule } from './idempotency.module.js';
export { ApiRepeatable, ThisRun } from './repeatable.js';
