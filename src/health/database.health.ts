import { Injectable } from '@nestjs/common';
import { HealthIndicatorService } from '@nestjs/terminus';

import { Database } from '../prisma/index.js';

const TIMEOUT_MS = 2_000;
/** So that a flood of probes is one query a second. */
const CACHE_MS = 1_000;
const PING = { name: 'ping', text: 'SELECT 1 AS one' };

@Injectable()
export class DatabaseHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly database: Database,
  ) {}

  check() {
    return this.indicators
      .check('database')
      .attempt(async () => void (await this.database.query(PING, [])))
      .withTimeout(TIMEOUT_MS)
      .cacheFor(CACHE_MS);
  }
}
