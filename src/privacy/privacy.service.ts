import { Inject, Injectable, Logger } from '@nestjs/common';

import { AuditLog } from '../audit/index.js';
import type { Operator } from '../http/index.js';
import { Clock, NOTHING_SEALED, type EraseOptions, type PhoneNumber, type Resealed } from '../kernel/index.js';
import { Rooms } from './privacy.options.js';

export interface Erased {
  /** Rows that are gone, by room. */
  readonly erased: Readonly<Record<string, number>>;
}

export interface Exported {
  /** Masked. */
  readonly phone: string;
  readonly exportedAt: Date;
  /** What is kept, by room. */
  readonly data: Readonly<Record<string, unknown>>;
}

const RESEAL_BATCH = 500;
/** Passes over rows that somebody was at work on. */
const MOST_PASSES = 5;
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** What is kept about one phone, and all that is kept under the former secret: asked of every room that keeps something. */
@Injectable()
export class PrivacyService {
  private readonly logger = new Logger('Privacy');

  constructor(
    @Inject(Rooms) private readonly rooms: Rooms,
    private readonly audit: AuditLog,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Written down, without whose number it was. @throws {DatabaseUnavailable | RedisUnavailable} */
  async export(phone: PhoneNumber, who: Operator): Promise<Exported> {
    await this.audit.write({ who, act: 'phone.export' });
    const data: Record<string, unknown> = {};
    for (const room of this.rooms) data[room.name] = await room.export(phone);
    return { phone: phone.masked, exportedAt: this.clock.now(), data };
  }

  /**
   * No row, no key in Redis and no queued text of the phone is left; a text whose POST is under way may arrive. What throws
   * in between is done again by the next call. That a number was erased is written down first, and not which: not even an
   * HMAC of it, by which whoever has the secret could ask about any number.
   * @throws {DatabaseUnavailable | RedisUnavailable}
   */
  async erase(phone: PhoneNumber, options: EraseOptions, who: Operator): Promise<Erased> {
    await this.audit.write({ who, act: 'phone.erase' });
    const erased: Record<string, number> = {};
    for (const room of this.rooms) erased[room.name] = await room.erase(phone, options);
    const rows = Object.values(erased).reduce((sum, count) => sum + count, 0);
    this.logger.log(`a phone was erased: ${rows} row(s)`); // not even masked
    return { erased };
  }

  /** Rows under the former secret now, as far as they can be read. @throws {DatabaseUnavailable | RedisUnavailable} */
  async former(): Promise<number> {
    let left = 0;
    for (const room of this.rooms) left += (await room.reseal(0, () => undefined)).left;
    return left;
  }

  /**
   * Brings all that can be brought there under the present secret. May be stopped anywhere and started again, and runs beside
   * the program.
   * @param wait until the rest is over, too
   * @param tell what became of each pass
   * @throws {DatabaseUnavailable | RedisUnavailable}
   */
  async reseal(wait: boolean, tell: (progress: Resealed) => void = () => undefined): Promise<Resealed> {
    let total = NOTHING_SEALED;
    for (let pass = 1; ; pass++) {
      let sum = { ...NOTHING_SEALED, done: total.done };
      for (const room of this.rooms) {
        let done = 0;
        const result = await room.reseal(RESEAL_BATCH, (more) => {
          done += more;
          if (more > 0) tell({ ...sum, done: sum.done + done });
        });
        sum = added(sum, result);
      }
      total = sum;
      tell(total);
      const isOver = total.left === 0 || (!wait && (total.until !== null || pass >= MOST_PASSES));
      if (isOver) return total;
      const restMs = total.until ? total.until.getTime() - this.clock.now().getTime() : PAUSE_MS;
      await this.clock.wait(Math.min(Math.max(restMs, PAUSE_MS), LONGEST_PAUSE_MS));
    }
  }
}

function added(one: Resealed, other: Resealed): Resealed {
  const until = one.until && other.until && one.until > other.until ? one.until : (other.until ?? one.until);
  return {
    done: one.done + other.done,
    left: one.left + other.left,
    until,
    unreadable: one.unreadable + other.unreadable,
    stranded: one.stranded + other.stranded,
  };
}
