import { setTimeout as wait } from 'node:timers/promises';

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Database, valuesFor } from '../prisma/index.js';
import { SmsService } from '../sms/index.js';
import { BatchSender } from './batch-sender.js';
import * as sql from './batch.sql.js';
import { BATCHES_OPTIONS, type BatchesOptions } from './batches.options.js';
import { Courtesy } from './courtesy.js';
import { Paces } from './paces.js';

const IDLE_MS = 1_000;
const LOOK_EVERY_MS = 250;
const COST_RETRY_SECS = 15;
const CANCEL_AT_ONCE = 1_000;
const CONCURRENCY = 100;
const AT_ONCE = 25;
/** While somebody else asks. */
const POLITE = { concurrency: 16, atOnce: 4 } as const;

/** Sends what waits in batches: apart from the outbox, and behind everybody who asks for a code. */
@Injectable()
export class BatchWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Batches');
  private readonly paces = new Map<string, Paces>();
  private active: readonly sql.ActiveRow[] = [];
  private lookedAt = -Infinity;
  private loop: Promise<void> = Promise.resolve();
  private alarm = new AbortController();
  private closing = false;

  constructor(
    private readonly sender: BatchSender,
    private readonly courtesy: Courtesy,
    private readonly sms: SmsService,
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(BATCHES_OPTIONS) private readonly options: BatchesOptions,
  ) {}

  onApplicationBootstrap(): void {
    if (this.sms.isDisabled || this.options.sends === false) return;
    this.loop = this.run();
  }

  /** What is being handed over ends; what is not begun is another instance's, or the next start's. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    this.wake();
    await this.loop;
    await this.sender.settle(true);
  }

  /** There may be something to do. */
  wake(): void {
    this.lookedAt = -Infinity;
    this.alarm.abort();
  }

  private async run(): Promise<void> {
    while (!this.closing) {
      const restMs = await this.work().catch((error: unknown) => {
        this.logger.error(`cannot go on with batches: ${error instanceof Error ? error.message : 'unknown failure'}`);
        return IDLE_MS;
      });
      await this.rest(restMs);
    }
  }

  private async rest(ms: number): Promise<void> {
    if (this.closing) return;
    this.alarm = new AbortController();
    await wait(ms, undefined, { signal: this.alarm.signal, ref: false }).catch(() => undefined);
  }

  /** One round of every batch. @returns ms until there may be more to do */
  private async work(): Promise<number> {
    const now = this.clock.monotonic();
    if (now - this.lookedAt > LOOK_EVERY_MS) {
      this.lookedAt = now;
      const values = [this.clock.databaseTime(), COST_RETRY_SECS];
      this.active = await this.database.query<sql.ActiveRow>(sql.ACTIVE, values);
      for (const id of this.paces.keys()) if (!this.active.some((batch) => batch.id === id)) this.paces.delete(id);
    }
    let soonest = this.active.length === 0 ? IDLE_MS : LOOK_EVERY_MS;
    for (const batch of this.active) soonest = Math.min(soonest, await this.goOn(batch));
    return soonest;
  }

  private async goOn(batch: sql.ActiveRow): Promise<number> {
    if (batch.status === 'canceled') return this.cancelSome(batch.id);
    const { concurrency, atOnce } = this.courtesy.isBusy
      ? POLITE
      : { concurrency: this.options.concurrency ?? CONCURRENCY, atOnce: AT_ONCE };
    if (this.sender.underWay >= concurrency) {
      await this.sender.settle();
      return 0;
    }
    const paces = this.paces.get(batch.id) ?? new Paces();
    this.paces.set(batch.id, paces);
    const most = Math.min(atOnce, concurrency - this.sender.underWay);
    const limit = paces.allowance(most, this.clock.monotonic());
    if (limit === 0) return paces.wait(this.clock.monotonic());

    const since = performance.now();
    const someUnderWay = this.sender.underWay > 0;
    const round = await this.sender.round(batch.id, limit);
    await this.courtesy.giveWay(since);
    const now = this.clock.monotonic();
    for (const { key, perSecond, waitMs } of round.senders) paces.note(key, perSecond, waitMs, now);
    if (round.isStopped) this.lookedAt = -Infinity;
    if (round.taken === 0) return this.finish(batch);
    if (round.begun === 0 && round.isOutOfBudget) return this.outOfBudget(batch, someUnderWay);
    if (batch.status === 'paused' && round.begun > 0) await this.inBudget(batch);
    if (round.begun === 0 && round.isNobodyThere) return IDLE_MS;
    return 0;
  }

  private async finish({ id, status }: sql.ActiveRow): Promise<number> {
    const rest = LOOK_EVERY_MS;
    if (status !== 'running' || this.sender.underWay > 0) return rest;
    const [done] = await this.database.query(sql.IS_DONE, [id]);
    if (!done) return IDLE_MS;
    const change = { id, status: 'done', because: null, from: ['running'], at: this.clock.databaseTime() } as const;
    const changed = await this.database.query(sql.CHANGE, valuesFor(sql.CHANGE, change));
    if (changed.length > 0) this.logger.log(`batch ${id} is done`);
    this.lookedAt = -Infinity;
    return 0;
  }

  /** @param someUnderWay when it was asked, so that what was reserved for them counted */
  private async outOfBudget({ id, status }: sql.ActiveRow, someUnderWay: boolean): Promise<number> {
    // They may give back some of it, or have done so since.
    if (someUnderWay) {
      await this.sender.settle(true);
      return 0;
    }
    await this.database.query(sql.OUT_OF_BUDGET, [id, this.clock.databaseTime()]);
    if (status === 'running') this.logger.warn(`batch ${id} stands still: the day's budget is used up`);
    this.lookedAt = -Infinity;
    return 0;
  }

  private async inBudget({ id }: sql.ActiveRow): Promise<void> {
    await this.database.query(sql.IN_BUDGET, [id, this.clock.databaseTime()]);
    this.logger.log(`batch ${id} goes on: there is room in the budget`);
    this.lookedAt = -Infinity;
  }

  private async cancelSome(id: string): Promise<number> {
    const gone = await this.database.query(sql.CANCEL_ROWS, [id, CANCEL_AT_ONCE, this.clock.databaseTime()]);
    this.lookedAt = -Infinity;
    return gone.length === CANCEL_AT_ONCE ? 0 : LOOK_EVERY_MS;
  }
}
