import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';

import { Answers } from './answers.js';
import { IdempotencyGuard } from './idempotency.guard.js';
import { IdempotencyModuleBase } from './idempotency.options.js';

/** Its guard comes after those that know the caller: HttpModule is imported before. */
@Module({ providers: [Answers, { provide: APP_GUARD, useClass: IdempotencyGuard }] })
export class IdempotencyModule extends IdempotencyModuleBase {}
