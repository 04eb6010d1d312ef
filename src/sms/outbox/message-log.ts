import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import type { AttemptJournal, Begun } from '../delivery/delivery.js';
import type { Attempt, Dispatch } from '../delivery/dispatch.js';
import { Pricing } from '../pricing/pricing.js';
import type { Channel, ChannelPlan } from '../provider/channel.js';
import { OUTBOX_OPTIONS, type OutboxOptions } from './outbox.options.js';
import { Receipts } from './receipts.js';
import { ReportSources } from './report-sources.js';
import * as sql from './outbox.sql.js';

/** Another process has taken the message over, or nobody waits for it any more: no further try is this one's to begin. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The day's budget has no room for one more text now. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

/** What a message is about, as far as its price goes. */
export interface Billed {
  readonly country: string | null;
  readonly segments: number;
  /** sms. */
  readonly channel?: Channel;
}

/** A message, and which of its claims is ours; the first, by whoever wrote it, is 0. */
export interface Claim {
  readonly id: string;
  readonly turn: number;
  /** By its plan another channel comes after the one now tried. */
  readonly fallsBack?: boolean;
}

/** How a message ended (as_reported: only its networks know), or that it is tried again after `retryMs`. */
export type Ending =
  | { readonly status: 'accepted' | 'unknown' | 'failed' }
  | { readonly status: 'canceled' | 'as_reported' }
  | { readonly status: 'queued'; readonly retryMs: number };

/** As the database has them; `canceled` is a text that nobody needed any more. */
export const DELIVERY_STATUSES = [
  'queued',
  'sending',
  'accepted',
  'sent',
  'delivered',
  'undelivered',
  'failed',
  'unknown',
  'canceled',
] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Writes down what happens to messages; each method is one round trip. */
@Injectable()
export class MessageLog {
  private readonly receipts: Receipts;

  constructor(
    private readonly database: Database,
    private readonly reporters: ReportSources,
    private readonly pricing: Pricing,
    @Inject(OUTBOX_OPTIONS) private readonly options: OutboxOptions,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.receipts = new Receipts(database, clock);
  }

  /** The same over another way to the database. */
  over(database: Database): MessageLog {
    return new MessageLog(database, this.reporters, this.pricing, this.options, this.clock);
  }

  /** Messages whose time has come and whom nobody is at work on, now ours for `leaseMs`. */
  claim(limit: number, leaseMs: number): Promise<sql.ClaimedRow[]> {
    return this.database.query<sql.ClaimedRow>(sql.CLAIM, [limit, leaseMs, this.clock.databaseTime()]);
  }

  /**
   * @param plan from the channel that is tried on
   * @param texts that may go out by it: what they, and those of the channels after it, cost at most is reserved
   * @throws {LeaseLost | BudgetSpent}
   */
  async begin({ id, turn }: Claim, begun: Begun, billed: Billed, plan: ChannelPlan, texts: number): Promise<void> {
    const { segments, country, channel = plan[0].channel } = billed;
    const need = this.pricing.worstOf(segments, country, plan, texts);
    const values = valuesFor(sql.BEGIN, { id, turn, channel, need, ...this.tryOf(begun, billed) });
    this.hasBegun(await this.database.query<sql.BegunRow>(sql.BEGIN, values));
  }

  /** Told of every further try of a message that is ours; throws {@link LeaseLost} when it no longer is. */
  journal({ turn }: Claim, billed: Billed): AttemptJournal {
    return {
      failedOver: async (ended, begun) => {
        const [ended_id, result, fault] = outcome(ended);
        const said = { ended_id, outcome: result, fault, turn, ...this.tryOf(begun, billed) };
        this.hasBegun(await this.database.query<sql.BegunRow>(sql.FAIL_OVER, valuesFor(sql.FAIL_OVER, said)));
      },
    };
  }

  /**
   * What became of the last attempt, and so of the message; gives the limits back when surely nothing was sent. What was
   * accepted is looked at again when its provider is known to report and does not.
   */
  async close(
    { id: messageId, turn, fallsBack = false }: Claim,
    ending: Ending,
    { attempts }: Pick<Dispatch, 'attempts'> = { attempts: [] },
  ): Promise<void> {
    const last = attempts.at(-1);
    const [againMs, at] = [this.againMs(ending, last), this.clock.databaseTime()];
    let hits: sql.HitRow[] = [];
    // A plan goes on: what it may still cost stays reserved, and when its next channel is due is the database's to say.
    if (ending.status === 'accepted' && last?.outcome === 'accepted' && !fallsBack) {
      const { id: attempt_id, providerMessageId: provider_message_id } = last;
      const receipt = { id: messageId, turn, attempt_id, provider_message_id, again_ms: againMs };
      const hit = await this.receipts.record(receipt);
      hits = hit ? [hit] : [];
    }
    // There is more to it than that a provider took the text.
    if (hits.length === 0) {
      const became = last ? outcome(last) : [null, null, null, null];
      const status = ending.status === 'as_reported' ? null : ending.status;
      hits = await this.database.query<sql.HitRow>(sql.RECORD, [messageId, ...became, status, againMs, at]);
    }
    for (const { phone_key: key, moved_to } of hits) {
      await this.options.onHitSettled?.({ id: messageId, key, change: moved_to ? 'moved' : 'given_back' });
    }
  }

  /** How far it is, by whoever is at it. */
  async statusOf(messageId: string): Promise<DeliveryStatus> {
    const [row] = await this.database.query<{ status: DeliveryStatus }>(sql.STATUS, [messageId]);
    return row?.status ?? 'unknown';
  }

  private tryOf({ id, provider, sender, route }: Begun, { segments, country, channel }: Billed) {
    const { capMicros: cap, keptMicros: kept } = this.pricing;
    const price = this.pricing.price(segments, country, provider, channel);
    return { attempt_id: id, provider, sender, route, price, cap, kept, at: this.clock.databaseTime() };
  }

  private hasBegun([row]: readonly sql.BegunRow[]): void {
    if (row?.begun === 'cost') throw new BudgetSpent();
    if (row?.begun !== 'begun') throw new LeaseLost();
  }

  private againMs(ending: Ending, last: Attempt | undefined): number | null {
    if (ending.status === 'queued') return Math.round(ending.retryMs);
    return ending.status === 'accepted' && last ? this.reporters.waitMs(last.provider) : null;
  }
}

function outcome(attempt: Attempt): readonly unknown[] {
  return attempt.outcome === 'accepted'
    ? [attempt.id, attempt.outcome, null, attempt.providerMessageId]
    : [attempt.id, attempt.outcome, attempt.fault, null];
}
