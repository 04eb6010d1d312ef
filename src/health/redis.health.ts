import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';

import { Redis } from '../redis/index.js';

/** Longer than a call's own deadline, so that its reason is told. */
const TIMEOUT_MS = 2_000;
/** So that a flood of probes is one ping a second. */
const CACHE_MS = 1_000;

@Injectable()
export class RedisHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(Redis) private readonly redis: Redis | null,
  ) {}

  get isConfigured(): boolean {
    return this.redis !== null;
  }

  check() {
    return this.indicators
      .check('redis')
      .attempt(() => this.redis?.ping())
      .withTimeout(TIMEOUT_MS)
      .cacheFor(CACHE_MS);
  }
}
