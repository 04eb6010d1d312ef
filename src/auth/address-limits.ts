import { randomUUID } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { networkOf, widerNetworkOf } from '../http/index.js';
import { KeyRing, type PhoneNumber } from '../kernel/index.js';
import { RateLimitExceeded, SlidingWindows } from '../limits/index.js';

const HOUR = 3_600;
const STARTS = { name: 'address-starts', quota: 10, secs: HOUR };
const NETWORK_STARTS = { name: 'network-starts', quota: 40, secs: HOUR };
const GUESSES = { name: 'address-guesses', quota: 20, secs: HOUR };
/** For so long after it was counted, a phone is not counted again. */
const SAME_PHONE = { name: 'address-phone', quota: 1, secs: 600 };
/** Longer by that, so that in any hour there are never more: each phone that was used in it was counted in this window. */
const PHONES = { name: 'address-phones', quota: 5, secs: HOUR + SAME_PHONE.secs };

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
    private readonly keys: KeyRing,
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
    const pair = `${address}\0${phone.line}`;
    if (await this.isUsedUp(SAME_PHONE, pair)) return;
    await this.take(PHONES, address);
    await this.windows.take(this.hit(SAME_PHONE, pair), quotasOf(SAME_PHONE)); // refused: another request counted it, too
  }

  private async isUsedUp(limit: Limit, subject: string): Promise<boolean> {
    const { key } = this.hit(limit, subject);
    return (await this.windows.state(key, quotasOf(limit)))?.remaining?.[0] === 0;
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
