import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { Clock, Rounds } from '../kernel/index.js';
import { Database, takeTurn, valuesFor } from '../prisma/index.js';
import { ANALYTICS_OPTIONS, type AnalyticsOptions } from './analytics.options.js';
import { DUE, ROLL_UP, type DueRow } from './analytics.sql.js';

const EVERY_MS = 60_000;
const LEASE_MS = 50_000;
const HOUR_SECS = 3_600;
/** Networks report for as long as three days. */
const SETTLED_SECS = 72 * HOUR_SECS;
/** A day that is retained only in part is not summed up anew. */
const MARGIN_SECS = 2 * HOUR_SECS;
/** What is older was taken away, and is not to be summed up again. */
const MOST_DAYS = 399;
/** Of one round; after an upgrade there are months to sum up, and other rounds to come. */
const MOST_HOURS = 200;

/** Sums up hours that have changed: every minute, by one of the instances. Each hour anew, so twice is as good as once. */
@Injectable()
export class RollUpJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Analytics');
  private readonly rounds = new Rounds(
    () => this.run(),
    EVERY_MS,
    (error) => this.logger.warn(`cannot sum up hours: ${error instanceof Error ? error.name : 'unknown failure'}`),
  );

  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(ANALYTICS_OPTIONS) private readonly options: AnalyticsOptions,
  ) {}

  onApplicationBootstrap(): void {
    if (this.options.watch) this.rounds.start(EVERY_MS * (0.25 + Math.random() / 2));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round, whoever else has one. @returns how many hours were summed up @throws {DatabaseUnavailable} */
  async rollUp(): Promise<number> {
    const days = Math.min(this.options.retentionDays, MOST_DAYS);
    const kept = days * 24 * HOUR_SECS - MARGIN_SECS;
    const due = valuesFor(DUE, {
      ...{ now: this.clock.databaseTime(), most: MOST_HOURS, kept_secs: kept },
      settled_secs: Math.min(SETTLED_SECS, kept - HOUR_SECS),
    });
    let done = 0;
    for (const { hour } of await this.database.query<DueRow>(DUE, due)) {
      if (this.rounds.isStopped) break;
      await this.database.query(ROLL_UP, [hour, this.clock.databaseTime()]);
      done++;
    }
    return done;
  }

  private async run(): Promise<void> {
    if (await takeTurn(this.database, 'analytics', LEASE_MS, this.clock.databaseTime())) await this.rollUp();
  }
}
