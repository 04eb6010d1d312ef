import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';

import { Answers } from './answers.js';
import { IdempotencyInterceptor } from './idempotency.interceptor.js';
import { IdempotencyModuleBase } from './idempotency.options.js';

@Module({ providers: [Answers, { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor }] })
export class IdempotencyModule extends IdempotencyModuleBase {}
