import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../../kernel/index.js';
import { Database } from '../../prisma/index.js';
import type { AttemptJournal } from '../delivery/delivery.js';
import type { Attempt, Dispatch } from '../delivery/dispatch.js';
import * as sql from './outbox.sql.js';

/** Another process has taken the message over: whatever this one still wants with it is no longer its business. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** How a message ended, or that it is tried again after `retryMs`. */
export type Ending =
  | { readonly status: 'accepted' | 'unknown' | 'failed' }
  | { readonly status: 'canceled' }
  | { readonly status: 'queued'; readonly retryMs: number };

/** Writes down what happens to messages; each method is one round trip. */
@Injectable()
export class MessageLog implements AttemptJournal {
  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Messages whose time has come and whom nobody is at work on, now ours for `leaseMs`. */
  claim(limit: number, leaseMs: number): Promise<sql.ClaimedRow[]> {
    return this.database.query<sql.ClaimedRow>(sql.CLAIM, [limit, leaseMs, this.clock.databaseTime()]);
  }

  /** @throws {LeaseLost} */
  async begin(messageId: string, attemptId: string, provider: string): Promise<void> {
    const rows = await this.database.query(sql.BEGIN, [messageId, attemptId, provider, this.clock.databaseTime()]);
    if (rows.length === 0) throw new LeaseLost();
  }

  /** What became of one attempt, and that another provider is tried now. @throws {LeaseLost} */
  async failedOver(ended: Attempt, begun: { readonly id: string; readonly provider: string }): Promise<void> {
    const values = [...outcome(ended), begun.id, begun.provider, this.clock.databaseTime()];
    const rows = await this.database.query(sql.FAIL_OVER, values);
    if (rows.length === 0) throw new LeaseLost();
  }

  /** What became of the last attempt, and so of the message; gives the limits back when surely nothing was sent. */
  async close(
    messageId: string,
    ending: Ending,
    { attempts }: Pick<Dispatch, 'attempts'> = { attempts: [] },
  ): Promise<void> {
    const last = attempts.at(-1);
    const retryMs = ending.status === 'queued' ? Math.round(ending.retryMs) : null;
    const values = [
      ...(last ? outcome(last) : [null, null, null, null]),
      ending.status,
      retryMs,
      this.clock.databaseTime(),
    ];
    await this.database.query(sql.RECORD, [messageId, ...values]);
  }
}

function outcome(attempt: Attempt): readonly unknown[] {
  return attempt.outcome === 'accepted'
    ? [attempt.id, attempt.outcome, null, attempt.providerMessageId]
    : [attempt.id, attempt.outcome, attempt.fault, null];
}
