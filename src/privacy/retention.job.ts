import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import type { Counter } from 'prom-client';

import { Clock, Rounds } from '../kernel/index.js';
import { Metrics } from '../metrics/index.js';
import { Database, takeTurn } from '../prisma/index.js';
import { PROGRAM_OPTIONS, Rooms, type ProgramOptions } from './privacy.options.js';

const EVERY_MS = 3_600_000;
const BATCH = 1_000;
/** A round's most for one room; what is left is the next round's. */
const MOST_BATCHES = 50;
/** Somebody whose clock runs a little behind is not too early. */
const SLACK_MS = 5_000;

/** Takes away what is too old: every hour, by one of the instances, a batch at a time. */
@Injectable()
export class RetentionJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Retention');
  private readonly purged: Counter;
  private readonly rounds: Rounds;

  constructor(
    @Inject(Rooms) private readonly rooms: Rooms,
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(PROGRAM_OPTIONS) private readonly options: ProgramOptions,
    metrics: Metrics,
  ) {
    this.purged = metrics.counter('sixdigit_purged_rows_total', 'Rows that were too old, and are gone', ['room']);
    const failed = (error: unknown) =>
      this.logger.error(
        `cannot take away what is too old: ${error instanceof Error ? error.message : 'unknown failure'}`,
      );
    this.rounds = new Rounds(() => this.run(), this.everyMs, failed);
  }

  /** Not at once: a start has better things to do. */
  onApplicationBootstrap(): void {
    this.rounds.start(Math.min(60_000, this.everyMs) * (1 + Math.random()));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** One round, if no other instance had one in the last hour. @returns rows that went, by room; undefined: not our turn */
  async run(): Promise<Readonly<Record<string, number>> | undefined> {
    const turnMs = Math.max(this.everyMs - SLACK_MS, 0);
    if (!(await takeTurn(this.database, 'retention', turnMs, this.clock.databaseTime()))) return undefined;
    const gone: Record<string, number> = {};
    for (const room of this.rooms) {
      let rows = 0;
      for (let batches = 0, purged = 1; batches < MOST_BATCHES && purged > 0 && !this.rounds.isStopped; batches++) {
        purged = await room.purge(BATCH, this.options.retention.days);
        rows += purged;
        this.purged.inc({ room: room.name }, purged);
      }
      gone[room.name] = rows;
      if (rows > 0) this.logger.log(`${rows} row(s) of ${room.name} were too old, and are gone`);
    }
    return gone;
  }

  private get everyMs(): number {
    return this.options.retention.everyMs ?? EVERY_MS;
  }
}
