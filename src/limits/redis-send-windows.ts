import { Logger, type OnApplicationShutdown } from '@nestjs/common';

import type { Clock } from '../kernel/index.js';
import { DatabaseUnavailable, Refused } from '../prisma/index.js';
import { RedisUnavailable } from '../redis/index.js';
import type { RedisWindows } from './redis-windows.js';
import type { SendLimits } from './send-limits.js';
import { SendWindows, type SettledHit } from './send-windows.js';
import type { Hit, WindowRow } from './sliding-windows.js';

const AGAIN_MS = 1_000;
/** Beyond that many the oldest are left as they are: taken, and at the earlier time. */
const MOST_UNSETTLED = 10_000;

/**
 * In Redis the hit is taken before the database writes, and given back when it does not. Whoever dies in between leaves it
 * taken. What cannot be told while Redis is away is told later, unless this process ends before.
 */
export class RedisSendWindows extends SendWindows implements OnApplicationShutdown {
  readonly inDatabase = false;
  private readonly logger = new Logger('Limits');
  private readonly unsettled = new Map<string, { hit: SettledHit; since: number }>();
  private timer: NodeJS.Timeout | undefined;
  private closing = false;

  constructor(
    private readonly limits: SendLimits,
    private readonly windows: RedisWindows,
    private readonly clock: Clock,
  ) {
    super();
  }

  async admit<Row extends WindowRow>(
    hit: Hit,
    write: (quotas: readonly number[] | null) => Promise<Row>,
    isWritten: (row: Row) => boolean,
  ): Promise<Row> {
    const giveBack = () => this.settle({ ...hit, change: 'given_back' });
    const window = await this.windows.take(hit, this.limits).catch((error: unknown) => {
      // It may be taken, and nobody will use it.
      if (error instanceof RedisUnavailable && error.mayHaveRun) this.later({ ...hit, change: 'given_back' });
      throw error;
    });
    this.limits.admit(window);
    const row = await write(null).catch(async (error: unknown) => {
      // A message that may be written, or that another execution of the same run wrote, is sent by whoever finds it.
      if (isUndone(error)) await giveBack();
      throw error;
    });
    if (isWritten(row)) return { ...row, ...window };
    await giveBack();
    return row;
  }

  state(key: Uint8Array, formerKey?: Uint8Array | null): Promise<WindowRow | undefined> {
    return this.windows.state(key, this.limits, formerKey);
  }

  forget(key: Uint8Array): Promise<void> {
    return this.windows.forget(key);
  }

  adopt(key: Uint8Array, formerKey: Uint8Array): Promise<void> {
    return this.windows.adopt(key, formerKey, this.limits);
  }

  async settle(hit: SettledHit): Promise<void> {
    await this.tell(hit, this.clock.monotonic()).catch(() => {
      this.logger.warn(`message ${hit.id}: its hit is still to be ${hit.change.replace('_', ' ')}`);
      this.later(hit);
    });
  }

  onApplicationShutdown(): void {
    this.closing = true;
    clearTimeout(this.timer);
  }

  private async tell(hit: SettledHit, since: number): Promise<void> {
    if (hit.change === 'given_back') return this.windows.giveBack(hit);
    return this.windows.move(hit, this.clock.monotonic() - since, this.limits);
  }

  private later({ id, key, change }: SettledHit): void {
    this.unsettled.set(id, { hit: { id, key, change }, since: this.clock.monotonic() });
    const [oldest] = this.unsettled.keys();
    if (this.unsettled.size > MOST_UNSETTLED && oldest !== undefined) this.unsettled.delete(oldest);
    this.schedule();
  }

  private schedule(): void {
    if (this.closing || this.timer || this.unsettled.size === 0) return;
    this.timer = setTimeout(() => {
      void this.settleAll().finally(() => {
        this.timer = undefined;
        this.schedule();
      });
    }, AGAIN_MS).unref();
  }

  private async settleAll(): Promise<void> {
    for (const [id, entry] of this.unsettled) {
      try {
        await this.tell(entry.hit, entry.since);
      } catch {
        return; // still away
      }
      if (this.unsettled.get(id) === entry) this.unsettled.delete(id);
    }
  }
}

const isUndone = (error: unknown) =>
  error instanceof Refused || (error instanceof DatabaseUnavailable && !error.mayHaveRun);
