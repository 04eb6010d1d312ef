import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';

import { RedisConnections } from './redis-connections.js';
import { REDIS_OPTIONS, RedisModuleBase, type RedisOptions } from './redis.options.js';
import { Redis } from './redis.js';

/** Hands {@link Redis} to whoever injects it: null where none is configured. */
@Module({
  providers: [
    {
      provide: Redis,
      inject: [REDIS_OPTIONS],
      useFactory: ({ server }: RedisOptions) => (server ? RedisConnections.open(server) : null),
    },
  ],
  exports: [Redis],
})
export class RedisModule extends RedisModuleBase implements OnApplicationShutdown {
  constructor(@Inject(Redis) private readonly redis: Redis | null) {
    super();
  }

  onApplicationShutdown(): void {
    this.redis?.close();
  }
}
