import { Module } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Redis } from '../redis/index.js';
import { AddressThrottle } from './address-throttle.js';
import { DatabaseWindows } from './database-windows.js';
import { LimitsModuleBase } from './limits.options.js';
import { PhoneLimits } from './phone-limits.js';
import { RedisSendWindows } from './redis-send-windows.js';
import { RedisWindows } from './redis-windows.js';
import { SendLimits } from './send-limits.js';
import { DatabaseSendWindows, SendWindows } from './send-windows.js';
import { SlidingWindows } from './sliding-windows.js';

/** In Redis where there is one, else in the database. */
@Module({
  providers: [
    SendLimits,
    AddressThrottle,
    PhoneLimits,
    DatabaseWindows,
    {
      provide: SlidingWindows,
      inject: [DatabaseWindows, Redis, Clock],
      useFactory: (database: DatabaseWindows, redis: Redis | null, clock: Clock) =>
        redis ? new RedisWindows(redis, clock) : database,
    },
    {
      provide: SendWindows,
      inject: [SendLimits, SlidingWindows, Clock],
      useFactory: (limits: SendLimits, windows: SlidingWindows, clock: Clock) =>
        windows instanceof RedisWindows
          ? new RedisSendWindows(limits, windows, clock)
          : new DatabaseSendWindows(limits, windows),
    },
  ],
  exports: [SendLimits, SendWindows, SlidingWindows, AddressThrottle, PhoneLimits],
})
export class LimitsModule extends LimitsModuleBase {}
