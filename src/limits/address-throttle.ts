import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

import { KeyRing } from '../kernel/index.js';
import { SlidingWindows } from './sliding-windows.js';

/**
 * Throttler's storage: a sliding window shared by every instance, exact under concurrency. A refused request is not
 * counted, so it never extends the window.
 */
@Injectable()
export class AddressThrottle implements ThrottlerStorage {
  constructor(
    private readonly windows: SlidingWindows,
    private readonly keys: KeyRing,
  ) {}

  /**
   * @param ttlMs length of the window
   * @throws {DatabaseUnavailable | RedisUnavailable} so that nothing is let through uncounted.
   */
  async increment(key: string, ttlMs: number, limit: number, _blockMs: number, name: string) {
    const subject = `${name}\0${key}`;
    const [current, former] = [this.keys.lookupKey('ip', subject), this.keys.formerLookupKey('ip', subject)];
    const hit = { id: randomUUID(), key: current, formerKey: former };
    const row = await this.windows.take(hit, { quotas: [limit], secs: [Math.ceil(ttlMs / 1_000)] });
    const isBlocked = row.refused_by !== null;
    return {
      totalHits: limit - (row.remaining?.[0] ?? 0) + (isBlocked ? 1 : 0),
      timeToExpire: row.resets?.[0] ?? 0,
      isBlocked,
      timeToBlockExpire: row.retry_after ?? 0,
    };
  }
}
