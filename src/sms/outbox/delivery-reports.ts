import { setImmediate as othersTurn } from 'node:timers/promises';

import { Inject, Injectable, Logger } from '@nestjs/common';
import DataLoader from 'dataloader';

import { Clock, KeyRing, PhoneNumber } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { SmsObserver } from '../delivery/sms-observer.js';
import type { DeliveryReport } from '../provider/delivery-report.js';
import { SenderRests } from '../senders/sender-rests.js';
import { OUTBOX_OPTIONS, type OutboxOptions } from './outbox.options.js';
import { REPORT, SIMPLE_REPORTS, type ReportedRow, type SimplyReportedRow } from './outbox.sql.js';

interface Told extends DeliveryReport {
  readonly provider: string;
}

const MOST_AT_ONCE = 100;

/** The network has the text, or the phone: nothing else comes of it than that it is known. */
const isSimple = ({ status, code, optedOut, costMicros }: DeliveryReport) =>
  (status === 'accepted' || status === 'sent' || status === 'delivered') &&
  code === undefined &&
  !optedOut &&
  costMicros === undefined;

/** Takes down what networks say, in any order, as often as they like: what comes while others are taken down, in one round trip. */
@Injectable()
export class DeliveryReports {
  private readonly logger = new Logger('Reports');
  private underWay: Promise<unknown> = Promise.resolve();
  private readonly simple = new DataLoader((told: readonly Told[]) => this.recordAll(told), {
    cache: false,
    maxBatchSize: MOST_AT_ONCE,
    batchScheduleFn: (begin) => void this.underWay.finally(() => setImmediate(begin)),
  });

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly senders: SenderRests,
    @Inject(OUTBOX_OPTIONS) private readonly options: OutboxOptions,
    @Inject(Clock) private readonly clock: Clock,
    private readonly observer: SmsObserver,
  ) {}

  /** False when it is about no text of ours. @throws {DatabaseUnavailable} so that the provider tells it again */
  async record(provider: string, report: DeliveryReport): Promise<boolean> {
    const told = { ...report, provider };
    const found = await (isSimple(report) ? this.simple.load(told) : this.recordOne(told));
    const { status, code } = report;
    if (!found) this.observer.reported(provider, status, false, null);
    const what = `report of ${provider}: ${status}${code === undefined ? '' : ` (${code})`}`;
    this.logger.debug(found ? what : `${what}, about no text of ours`);
    return found;
  }

  private recordAll(told: readonly Told[]): Promise<boolean[]> {
    const work = this.recordTogether(told);
    this.underWay = work.catch(() => undefined);
    return work;
  }

  private async recordTogether(told: readonly Told[]): Promise<boolean[]> {
    const done = told.length === 1 ? new Set<number>() : await this.recordSimple(told);
    const found: boolean[] = [];
    // One after the other: whoever else needs the database is not to wait for all of them.
    for (const [index, each] of told.entries()) found.push(done.has(index + 1) || (await this.recordOne(each)));
    return found;
  }

  /** The numbers, from 1, of those that are taken down now. */
  private async recordSimple(told: readonly Told[]): Promise<ReadonlySet<number>> {
    const values = valuesFor(SIMPLE_REPORTS, {
      providers: told.map(({ provider }) => provider),
      attempt_ids: told.map(({ attemptId }) => attemptId ?? null),
      provider_message_ids: told.map(({ providerMessageId }) => providerMessageId ?? null),
      statuses: told.map(({ status }) => status),
      at: this.clock.databaseTime(),
    });
    const rows = await this.database.query<SimplyReportedRow>(SIMPLE_REPORTS, values);
    for (const { n, delivered_secs } of rows) {
      const { provider, status } = told[n - 1]!;
      this.observer.reported(provider, status, true, delivered_secs);
    }
    return new Set(rows.map(({ n }) => n));
  }

  private async recordOne({ provider, ...report }: Told): Promise<boolean> {
    const { attemptId, providerMessageId, phone, status, code, curable, notOnChannel, optedOut, costMicros } = report;
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
      notOnChannel ?? false,
    ];
    const [row] = await this.database.query<ReportedRow>(REPORT, values);
    if (row?.moved_key) await this.options.onHitSettled?.({ id: row.message_id, key: row.moved_key, change: 'moved' });
    if (row?.known) this.observer.reported(provider, status, true, row.delivered_secs);
    if (row?.known && report.senderFault) await this.senders.reported(provider, row.message_id, report);
    // The embedded database answers in this very turn of the event loop: a long batch would keep everybody else waiting.
    await othersTurn();
    return row?.known === true;
  }

  private phoneKey(phone: string): Buffer | null {
    try {
      return this.keys.lookupKey('phone', PhoneNumber.parse(phone).line);
    } catch {
      return null; // not a phone, so none of ours
    }
  }
}
