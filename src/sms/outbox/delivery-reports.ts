import { setImmediate as othersTurn } from 'node:timers/promises';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { Clock, KeyRing, PhoneNumber } from '../../kernel/index.js';
import { Database } from '../../prisma/index.js';
import type { DeliveryReport } from '../provider/delivery-report.js';
import { SenderRests } from '../senders/sender-rests.js';
import { OUTBOX_OPTIONS, type OutboxOptions } from './outbox.options.js';
import { REPORT, type ReportedRow } from './outbox.sql.js';

/** Takes down what networks say: one round trip each, in any order, as often as they like. */
@Injectable()
export class DeliveryReports {
  private readonly logger = new Logger('Reports');

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly senders: SenderRests,
    @Inject(OUTBOX_OPTIONS) private readonly options: OutboxOptions,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** False when it is about no text of ours. @throws {DatabaseUnavailable} so that the provider tells it again */
  async record(provider: string, report: DeliveryReport): Promise<boolean> {
    const { attemptId, providerMessageId, phone, status, code, curable, optedOut, costMicros } = report;
    const values = [
      provider,
      attemptId ?? null,
      providerMessageId ?? null,
      phone === undefined ? null : this.phoneKey(phone),
      status,
      code ?? null,
      curable ?? false,
      optedOut ?? false,
      costMicros ?? null,
      this.clock.databaseTime(),
    ];
    const [row] = await this.database.query<ReportedRow>(REPORT, values);
    if (row?.moved_key) await this.options.onHitSettled?.({ id: row.message_id, key: row.moved_key, change: 'moved' });
    if (row?.known && report.senderFault) await this.senders.reported(provider, row.message_id, report);
    // The embedded database answers in this very turn of the event loop: a long batch would keep everybody else waiting.
    await othersTurn();
    const found = row?.known === true;
    const what = `report of ${provider}: ${status}${code === undefined ? '' : ` (${code})`}`;
    this.logger.debug(found ? what : `${what}, about no text of ours`);
    return found;
  }

  private phoneKey(phone: string): Buffer | null {
    try {
      return this.keys.lookupKey('phone', PhoneNumber.parse(phone).line);
    } catch {
      return null; // not a phone, so none of ours
    }
  }
}
