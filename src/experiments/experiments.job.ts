import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { EXPERIMENTS_OPTIONS, type ExperimentsOptions } from './experiments.options.js';
import { Experiments } from './experiments.service.js';

const EVERY_MS = 60_000;
/** Who dies at it is followed by another soon. */
const LEASE_SECS = 50;

const TAKE_TURN = {
  name: 'take_experiments_turn',
  text: `INSERT INTO job_leases AS lease (name, lease_until)
      SELECT 'experiments', now + make_interval(secs => $1::int) FROM (SELECT coalesce($2::timestamptz, clock_timestamp())) AS at(now)
    ON CONFLICT (name) DO UPDATE SET lease_until = excluded.lease_until
      -- What is further ahead than any turn was written before this server's clock was set back.
      WHERE lease.lease_until <= coalesce($2::timestamptz, clock_timestamp()) OR lease.lease_until > excluded.lease_until
    RETURNING name`,
};

/** Counts and judges experiments: every minute, by one of the instances. Two at once would count each verification once, too. */
@Injectable()
export class ExperimentsJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Experiments');
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<void> = Promise.resolve();
  private closing = false;

  constructor(
    private readonly experiments: Experiments,
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(EXPERIMENTS_OPTIONS) private readonly options: ExperimentsOptions,
  ) {}

  onApplicationBootstrap(): void {
    if (this.options.watch) this.schedule(EVERY_MS * (0.5 + Math.random() / 2));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.closing = true;
    clearTimeout(this.timer);
    await this.round;
  }

  private async run(): Promise<void> {
    const turn = await this.database.query(TAKE_TURN, [LEASE_SECS, this.clock.databaseTime()]);
    if (turn.length > 0) await this.experiments.judgeAll();
  }

  private schedule(inMs: number): void {
    const work = () => {
      this.round = this.run()
        .catch((error: unknown) =>
          this.logger.warn(`cannot judge experiments: ${error instanceof Error ? error.name : 'unknown failure'}`),
        )
        .finally(() => this.closing || this.schedule(EVERY_MS));
    };
    this.timer = setTimeout(work, inMs).unref();
  }
}
