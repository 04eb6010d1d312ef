import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { KeyRing, PhoneNumber } from '../../kernel/index.js';
import { SmsService } from '../sms.service.js';
import { backoff } from '../delivery/backoff.js';
import { endingOf } from './ending.js';
import { LeaseLost, MessageLog } from './message-log.js';
import { MessageTexts } from './message-texts.js';
import { OUTBOX_OPTIONS, type OutboxOptions } from './outbox.options.js';
import type { ClaimedRow } from './outbox.sql.js';

const BATCH = 50;
const EVERY_MS = 1_000;
/** One text that may be out, and one more: after that nobody tries again. */
const MOST_UNKNOWN = 2;

/** Delivers what no request waits for: messages queued for later, and those whose process is gone. */
@Injectable()
export class OutboxWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Outbox');
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private closing = false;

  constructor(
    private readonly messages: MessageLog,
    private readonly texts: MessageTexts,
    private readonly sms: SmsService,
    private readonly keys: KeyRing,
    @Inject(OUTBOX_OPTIONS) private readonly options: OutboxOptions,
  ) {}

  onApplicationBootstrap(): void {
    if (this.sms.isDisabled) return;
    this.schedule();
  }

  /** What is under way ends; what is not begun is another instance's, or the next start's. */
  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    await this.round;
  }

  /** One look for due messages, until none is left. */
  async run(): Promise<void> {
    for (let claimed = BATCH; claimed === BATCH && !this.closing; ) {
      const due = await this.messages.claim(BATCH, this.options.leaseMs);
      await Promise.all(due.map((message) => this.deliver(message)));
      claimed = due.length;
    }
  }

  private schedule(): void {
    const look = () => {
      this.round = this.run()
        .catch((error: unknown) => this.logger.error(`cannot look for due messages: ${nameOf(error)}`))
        .finally(() => this.closing || this.schedule());
    };
    this.timer = setTimeout(look, this.options.everyMs ?? EVERY_MS).unref();
  }

  private async deliver(message: ClaimedRow): Promise<void> {
    try {
      await this.tryTo(message);
    } catch (error) {
      // The lease runs out, and whoever claims it then tries again.
      if (error instanceof LeaseLost) this.logger.debug(`message ${message.id} was taken over`);
      else this.logger.error(`message ${message.id}: ${nameOf(error)}`);
    }
  }

  private async tryTo(message: ClaimedRow): Promise<void> {
    const { id, may_have_sent: before, expires_in_ms: leftMs } = message;
    if (leftMs <= 0 || before.length >= MOST_UNKNOWN) {
      const status = before.length > 0 ? 'unknown' : 'failed';
      this.logger.error(
        `message ${id} ended ${status}: ${leftMs <= 0 ? 'its time ran out' : 'two providers gave no answer'}`,
      );
      return this.messages.close(id, { status });
    }
    const phone = PhoneNumber.parse(
      this.keys.open({ version: message.key_version, data: message.phone_sealed }, message.phone_key),
    );
    const body = await this.texts.textOf(message, phone);
    if (body === undefined) return this.messages.close(id, { status: before.length > 0 ? 'unknown' : 'canceled' });

    const retryMs = backoff(message.tries, Math.random);
    const plan = this.sms.plan(before);
    if (!plan) return this.messages.close(id, { status: 'queued', retryMs });
    try {
      await this.messages.begin(id, plan.attemptId, plan.provider);
      const text = { to: phone, body, validForSecs: Math.max(1, Math.floor(leftMs / 1_000)) };
      const dispatch = await plan.deliver(text, this.messages);
      const ending = endingOf(dispatch, retryMs);
      await this.messages.close(id, ending, dispatch);
      this.logger.log(
        `message ${id} to ${phone}: ${ending.status} after ${message.tries + dispatch.attempts.length} attempt(s)`,
      );
    } finally {
      plan.drop();
    }
  }
}

const nameOf = (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : 'unknown failure');
