import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { REFUSED } from './settling.sql.js';

export interface RefusedSend {
  readonly country: string;
  readonly lineType: string | null;
  readonly keys: readonly Uint8Array[];
  readonly mode: string;
  readonly verdict: string;
  readonly level: number | null;
  readonly reason: string;
  readonly challenge: string | null;
  readonly priceMicros: number;
  readonly isResend?: boolean;
}

/** Refusals a second that one instance writes down: an attack must not fill the disk, and tells no more by its millionth. */
const A_SECOND = 10;
const BURST = 100;

/** Writes refused sends down, without letting anybody wait for it. Those that are let through write themselves. */
@Injectable()
export class DecisionLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Fraud');
  private readonly writing = new Set<Promise<void>>();
  private room = BURST;
  private since = 0;
  private skipped = 0;

  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  refused(send: RefusedSend): void {
    if (!this.hasRoom()) return;
    const { country, lineType, keys, mode, verdict, level, reason, challenge, priceMicros, isResend = false } = send;
    const at = this.clock.databaseTime();
    const write = this.database
      .query(REFUSED, [at, country, lineType, keys, mode, verdict, level, reason, challenge, priceMicros, isResend])
      .then(
        () => undefined,
        () => this.logger.warn('a refused send could not be written down'),
      );
    this.writing.add(write);
    void write.finally(() => this.writing.delete(write));
  }

  /** Once everything is written that was told. */
  async settled(): Promise<void> {
    await Promise.all(this.writing);
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.settled();
  }

  private hasRoom(): boolean {
    const now = this.clock.monotonic();
    this.room = Math.min(BURST, this.room + ((now - this.since) / 1_000) * A_SECOND);
    this.since = now;
    if (this.room < 1) {
      this.skipped += 1;
      return false;
    }
    this.room -= 1;
    if (this.skipped > 0)
      this.logger.warn(`${this.skipped} refused sends were not written down, for there were too many`);
    this.skipped = 0;
    return true;
  }
}
