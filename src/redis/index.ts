export { Redis, Script } from './redis.js';
export { RedisConnections, type RedisServer } from './redis-connections.js';
export { RedisModule } from './redis.module.js';
export { RedisUnavailable } from './redis-unavailable.js';
