import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { networkOf } from '../http/index.js';
import { KeyRing } from '../kernel/index.js';
import { RateLimitExceeded, SlidingWindows, type Hit, type Quotas, type WindowRow } from '../limits/index.js';

/** Wrong passwords from one address in 15 minutes, and from all of them in an hour. */
const OF_ADDRESS: Quotas = { quotas: [5], secs: [900] };
const OF_ALL: Quotas = { quotas: [20], secs: [3_600] };

interface Taken {
  readonly hit: Hit;
  readonly row: WindowRow;
}

/**
 * Counts every try before the password is looked at, so that no two at once are one too many, and takes the right ones
 * back. The two windows are taken one after the other: whoever has no try left of his own takes none from the others.
 */
@Injectable()
export class SignInLimits {
  constructor(
    private readonly windows: SlidingWindows,
    private readonly keys: KeyRing,
  ) {}

  /** @returns what takes the try back @throws {RateLimitExceeded | DatabaseUnavailable | RedisUnavailable} and then nothing may be looked at */
  async take(ip: string): Promise<() => Promise<void>> {
    const own = await this.takeOne(`address\0${networkOf(ip)}`, OF_ADDRESS, 'sign-in-address');
    try {
      const all = await this.takeOne('all', OF_ALL, 'sign-in');
      return async () => void (await Promise.all([own, all].map((taken) => this.giveBack(taken))));
    } catch (error) {
      if (error instanceof RateLimitExceeded) await this.giveBack(own);
      throw error;
    }
  }

  private async takeOne(subject: string, quotas: Quotas, limit: string): Promise<Taken> {
    const name = `admin-sign-in\0${subject}`;
    const [key, formerKey] = [this.keys.lookupKey('ip', name), this.keys.formerLookupKey('ip', name)];
    const hit = { id: randomUUID(), key, formerKey };
    const row = await this.windows.take(hit, quotas);
    if (row.refused_by !== null) throw new RateLimitExceeded(limit, row.retry_after ?? 1);
    return { hit, row };
  }

  private giveBack({ hit, row }: Taken): Promise<void> {
    return this.windows.giveBack(hit, row);
  }
}
