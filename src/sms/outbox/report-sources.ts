import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../../kernel/index.js';
import { Database } from '../../prisma/index.js';
import { SmsProviders } from '../provider/sms-provider.js';
import { OUTBOX_OPTIONS, type OutboxOptions } from './outbox.options.js';
import { REPORTERS } from './outbox.sql.js';

const REPORT_WAIT_MS = 20_000;

/** Which providers are known to report what became of a text: only of those does silence say anything. */
@Injectable()
export class ReportSources {
  private known: ReadonlySet<string> = new Set();

  constructor(
    private readonly database: Database,
    @Inject(SmsProviders) private readonly providers: SmsProviders,
    @Inject(OUTBOX_OPTIONS) private readonly options: OutboxOptions,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  async refresh(): Promise<void> {
    const rows = await this.database.query<{ provider: string }>(REPORTERS, [this.clock.databaseTime()]);
    this.known = new Set(rows.map(({ provider }) => provider));
  }

  /** How long its report is waited for; null when there is nothing to wait for, or nobody else to try then. */
  waitMs(provider: string): number | null {
    if (!this.known.has(provider) || this.providers.length < 2) return null;
    return this.options.reportWaitMs ?? REPORT_WAIT_MS;
  }
}
