import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { KeyRing, openPhone, Rounds } from '../../kernel/index.js';
import { SmsObserver } from '../delivery/sms-observer.js';
import { SmsService } from '../sms.service.js';
import { backoff } from '../delivery/backoff.js';
import { endingOf } from './ending.js';
import { BudgetSpent, LeaseLost, MessageLog } from './message-log.js';
import { MessageTexts } from './message-texts.js';
import { OUTBOX_OPTIONS, type OutboxOptions } from './outbox.options.js';
import { planFrom } from '../provider/channel.js';
import { segmentsOf } from '../pricing/segments.js';
import type { Destination } from '../routing/router.js';
import type { ClaimedRow } from './outbox.sql.js';
import { ReportSources } from './report-sources.js';

const BATCH = 50;
const EVERY_MS = 1_000;
/** When a message that there was no budget for is looked at again. */
const COST_RETRY_MS = 15_000;
/** One text that may arrive, and one more: after that nobody tries again. */
const MOST_OUT = 2;

/** Delivers what no request waits for: messages queued for later, and those whose process is gone. */
@Injectable()
export class OutboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Outbox');
  private readonly rounds: Rounds;

  constructor(
    private readonly messages: MessageLog,
    private readonly texts: MessageTexts,
    private readonly reporters: ReportSources,
    private readonly sms: SmsService,
    private readonly keys: KeyRing,
    @Inject(OUTBOX_OPTIONS) private readonly options: OutboxOptions,
    private readonly observer: SmsObserver,
  ) {
    const failed = (error: unknown) => this.logger.error(`cannot look for due messages: ${nameOf(error)}`);
    this.rounds = new Rounds(() => this.run(), options.everyMs ?? EVERY_MS, failed);
  }

  onApplicationBootstrap(): void {
    if (this.sms.isDisabled) return;
    this.rounds.start();
  }

  /** What is under way ends; what is not begun is another instance's, or the next start's. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One look for due messages, until none is left. */
  async run(): Promise<void> {
    await this.reporters.refresh();
    for (let claimed = BATCH; claimed === BATCH && !this.rounds.isStopped; ) {
      const due = await this.messages.claim(BATCH, this.options.leaseMs);
      await Promise.all(due.map((message) => this.deliver(message)));
      claimed = due.length;
    }
  }

  private async deliver(message: ClaimedRow): Promise<void> {
    try {
      await this.observer.inOutbox(() => this.tryTo(message));
    } catch (error) {
      // The lease runs out, and whoever claims it then tries again.
      if (error instanceof LeaseLost) this.logger.debug(`message ${message.id} was taken over`);
      else this.logger.error(`message ${message.id}: ${nameOf(error)}`);
    }
  }

  private async tryTo(message: ClaimedRow): Promise<void> {
    const { id, expires_in_ms: leftMs, may_have_sent: out } = message;
    const phone = openPhone(this.keys, message);
    const legs = planFrom(message.channels, message.channel);
    const claim = { id, turn: message.turn, fallsBack: legs.length > 1 };
    if (message.waits) return this.messages.close(claim, { status: 'unknown' });
    const { channel, network } = message;
    const destination = { to: phone, channel, ...(network !== null && { network }) };
    const ended = this.endOf(message, destination);
    if (ended) {
      if (ended.reason) this.logger.error(`message ${id} ended ${ended.status}: ${ended.reason}`);
      return this.messages.close(message, { status: ended.status });
    }
    const text = await this.texts.textOf(message, phone);
    if (!text) return this.messages.close(message, { status: this.unneeded(message) });

    const retryMs = backoff(message.tries, Math.random);
    const tried = [...out, ...message.given_up];
    // A follow-up is one text, even if nobody knows whether it went out.
    const mayBeOut = out.length > 0 || message.is_follow_up;
    const plan = this.sms.plan({ ...destination, tried, mayBeOut, elsewhere: message.is_follow_up });
    if (!plan) return this.messages.close(claim, { status: 'queued', retryMs });
    try {
      const billed = { country: phone.country ?? null, segments: segmentsOf(text.body), channel };
      await this.messages.begin(claim, plan.first, billed, legs, mayBeOut ? 1 : MOST_OUT);
      const validForSecs = Math.max(1, Math.floor(leftMs / 1_000));
      const dispatch = await plan.deliver({ ...text, validForSecs }, this.messages.journal(claim, billed));
      const asked = [...tried, ...dispatch.attempts.map(({ provider }) => provider)];
      const again = out.length === 0 && this.sms.mayTryAgain(destination, asked);
      const ending = endingOf(dispatch, retryMs, again, claim.fallsBack);
      await this.messages.close(claim, ending, dispatch);
      const what = message.is_follow_up ? `follow-up of message ${id}` : `message ${id}`;
      this.logger.log(
        `${what} to ${phone}: ${ending.status} after ${message.tries + dispatch.attempts.length} attempt(s)`,
      );
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error;
      // Another day may begin, or a reservation be released, while somebody still waits for it.
      this.logger.warn(`message ${id} to ${phone} is not sent now: the day's budget is spent`);
      await this.messages.close(message, { status: 'queued', retryMs: COST_RETRY_MS });
    } finally {
      plan.drop();
    }
  }

  /** Why nobody tries any more, if so. */
  private endOf(
    message: ClaimedRow,
    destination: Destination,
  ): { status: 'unknown' | 'failed' | 'canceled' | 'as_reported'; reason?: string } | undefined {
    const { may_have_sent: out, is_follow_up, settled, opted_out, given_up } = message;
    if (settled || (is_follow_up && !this.sms.hasOther(destination, [...out, ...given_up])))
      return { status: 'as_reported' };
    if (opted_out) return { status: this.unneeded(message) };
    const reason =
      message.expires_in_ms <= 0 ? 'its time ran out' : out.length >= MOST_OUT ? 'two texts may be out' : undefined;
    if (!reason) return undefined;
    if (is_follow_up) return { status: 'as_reported' };
    return { status: out.length > 0 ? 'unknown' : 'failed', reason };
  }

  private unneeded({ is_follow_up, may_have_sent }: ClaimedRow): 'as_reported' | 'unknown' | 'canceled' {
    if (is_follow_up) return 'as_reported';
    return may_have_sent.length > 0 ? 'unknown' : 'canceled';
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown failure');
