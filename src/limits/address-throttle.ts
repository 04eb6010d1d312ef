import { Inject, Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

import { Clock, KeyRing } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import type { WindowRow } from './send-limits.js';

const TAKE = {
  name: 'take_hit',
  text: 'SELECT refused_by, retry_after, remaining, resets FROM take_hit($1, $2, $3, $4, $5)',
};

/**
 * Throttler's storage in the database: a sliding window shared by every instance, exact under concurrency. A refused
 * request is not counted, so it never extends the window.
 */
@Injectable()
export class AddressThrottle implements ThrottlerStorage {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @param ttlMs length of the window @throws {DatabaseUnavailable} so that nothing is let through uncounted. */
  async increment(key: string, ttlMs: number, limit: number, _blockMs: number, name: string) {
    const subject = `${name}\0${key}`;
    const [current, former] = [this.keys.lookupKey('ip', subject), this.keys.formerLookupKey('ip', subject)];
    const values = [current, [limit], [Math.ceil(ttlMs / 1_000)], this.clock.databaseTime(), former];
    const [row] = await this.database.query<WindowRow>(TAKE, values);
    const isBlocked = row?.refused_by !== null;
    return {
      totalHits: limit - (row?.remaining?.[0] ?? 0) + (isBlocked ? 1 : 0),
      timeToExpire: row?.resets?.[0] ?? 0,
      isBlocked,
      timeToBlockExpire: row?.retry_after ?? 0,
    };
  }
}
