import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { networkOf, widerNetworkOf } from '../http/index.js';
import { Clock, KeyRing, type PhoneNumber } from '../kernel/index.js';
import { RateLimitExceeded, SlidingWindows } from '../limits/index.js';
import { Database } from '../prisma/index.js';

const HOUR = 3_600;
const STARTS = { name: 'address-starts', quota: 10, secs: HOUR };
const NETWORK_STARTS = { name: 'network-starts', quota: 40, secs: HOUR };
const GUESSES = { name: 'address-guesses', quota: 20, secs: HOUR };
/** Different ones. A window counts hits, so these are rows of their own. */
const PHONES = { name: 'address-phones', quota: 5, secs: HOUR };
const ADMIT_PHONE = {
  name: 'admit_address_phone',
  text: 'SELECT retry_after FROM admit_address_phone($1, $2, $3, $4, $5, $6, $7)',
};

interface Limit {
  readonly name: string;
  readonly quota: number;
  readonly secs: number;
}

/**
 * What one address may do at the public routes of login, whoever it says it is. Sliding, shared by all instances, exact under
 * concurrency; what one limit refuses is not counted there, and not asked of the next.
 */
@Injectable()
export class AddressLimits {
  constructor(
    private readonly windows: SlidingWindows,
    private readonly database: Database,
    private readonly keys: KeyRing,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Before a text is sent. @param phone where it is known @throws {RateLimitExceeded | DatabaseUnavailable | RedisUnavailable} */
  async admitStart(ip: string, phone?: PhoneNumber): Promise<void> {
    const address = networkOf(ip);
    if (phone) await this.countPhone(address, phone);
    await this.take(STARTS, address);
    await this.take(NETWORK_STARTS, widerNetworkOf(ip));
  }

  /** Before a code is compared, so that no two at once are one too many: right ones count, too. @throws as `admitStart` */
  async admitGuess(ip: string): Promise<void> {
    await this.take(GUESSES, networkOf(ip));
  }

  private async countPhone(address: string, phone: PhoneNumber): Promise<void> {
    const { name, quota, secs } = PHONES;
    const { key, formerKey } = this.hit(PHONES, address);
    const phones = [this.keys.lookupKey('phone', phone.line), this.keys.formerLookupKey('phone', phone.line)];
    const values = [key, formerKey, ...phones, quota, secs, this.clock.databaseTime()];
    const [row] = await this.database.query<{ retry_after: number | null }>(ADMIT_PHONE, values);
    if (typeof row?.retry_after === 'number') throw new RateLimitExceeded(name, row.retry_after);
  }

  private async take(limit: Limit, subject: string): Promise<void> {
    const row = await this.windows.take(this.hit(limit, subject), quotasOf(limit));
    if (row.refused_by !== null) throw new RateLimitExceeded(limit.name, row.retry_after ?? 1);
  }

  private hit({ name }: Limit, subject: string) {
    const text = `${name}\0${subject}`;
    return { id: randomUUID(), key: this.keys.lookupKey('ip', text), formerKey: this.keys.formerLookupKey('ip', text) };
  }
}

const quotasOf = ({ quota, secs }: Limit) => ({ quotas: [quota], secs: [secs] });
