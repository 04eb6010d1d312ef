import { Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';

import { Admission } from './admission.js';
import { AddressThrottleGuard } from './address-throttle.guard.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { ApiKeys } from './api-keys.js';
import { HTTP_OPTIONS, HttpModuleBase, type HttpOptions } from './http.options.js';
import { IssuedKeys } from './issued-keys.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation.pipe.js';

/** What every route goes through: throttle, key, validation, problem documents. */
@Module({
  providers: [
    {
      provide: ApiKeys,
      inject: [HTTP_OPTIONS, { token: IssuedKeys, optional: true }],
      useFactory: ({ apiKeys }: HttpOptions, issued?: IssuedKeys) => new ApiKeys(apiKeys, issued),
    },
    Admission,
    { provide: APP_GUARD, useClass: AddressThrottleGuard },
    { provide: APP_GUARD, useClass: ApiKeyGuard },
    { provide: APP_PIPE, useValue: validationPipe },
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
  exports: [Admission],
})
export class HttpModule extends HttpModuleBase {}
