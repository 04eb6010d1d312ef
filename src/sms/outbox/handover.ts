import { Injectable, Logger } from '@nestjs/common';

import type { PhoneNumber } from '../../kernel/index.js';
import type { Database } from '../../prisma/index.js';
import { backoff } from '../delivery/backoff.js';
import type { Text } from '../delivery/delivery.js';
import type { Dispatch } from '../delivery/dispatch.js';
import { SmsService, type Plan } from '../sms.service.js';
import { endingOf } from './ending.js';
import { BudgetSpent, LeaseLost, MessageLog, type Billed, type Claim, type DeliveryStatus } from './message-log.js';

export interface Handed {
  readonly status: DeliveryStatus;
  /** Undefined: somebody else has the message. */
  readonly dispatch?: Dispatch;
}

/** Hands a text that was written down, with its first attempt, to whoever takes it, and writes down what became of that. */
@Injectable()
export class Handover {
  private readonly logger = new Logger('Messages');

  constructor(
    private readonly sms: SmsService,
    private readonly messages: MessageLog,
  ) {}

  /** The same, written down over another way to the database. */
  over(database: Database): Handover {
    return new Handover(this.sms, this.messages.over(database));
  }

  async deliver(claim: Claim, plan: Plan, to: PhoneNumber, text: Omit<Text, 'to'>, billed: Billed): Promise<Handed> {
    const dispatch = await plan.deliver(text, this.messages.journal(claim, billed)).catch((error: unknown) => {
      if (error instanceof LeaseLost || error instanceof BudgetSpent) return undefined;
      throw error;
    });
    if (!dispatch) return { status: await this.messages.statusOf(claim.id) }; // whoever took it over, or a report, knows better
    const asked = dispatch.attempts.map(({ provider }) => provider);
    const again = this.sms.mayTryAgain({ to, channel: plan.channel }, asked);
    const ending = endingOf(dispatch, backoff(0, Math.random), again, claim.fallsBack);
    await this.messages.close(claim, ending, dispatch).catch((error: unknown) => {
      // What the provider said is true all the same; the row keeps its lease, and whoever claims it then settles it.
      if (ending.status === 'failed') throw error;
      this.logger.error(`message ${claim.id}: the provider answered, but that could not be written down`);
    });
    return { status: ending.status, dispatch };
  }
}
