import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { Clock, Rounds } from '../kernel/index.js';
import { Database, takeTurn } from '../prisma/index.js';
import { EXPERIMENTS_OPTIONS, type ExperimentsOptions } from './experiments.options.js';
import { Experiments } from './experiments.service.js';

const EVERY_MS = 60_000;
/** Who dies at it is followed by another soon. */
const LEASE_MS = 50_000;

/** Counts and judges experiments: every minute, by one of the instances. Two at once would count each verification once, too. */
@Injectable()
export class ExperimentsJob implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Experiments');
  private readonly rounds = new Rounds(
    () => this.run(),
    EVERY_MS,
    (error) => this.logger.warn(`cannot judge experiments: ${error instanceof Error ? error.name : 'unknown failure'}`),
  );

  constructor(
    private readonly experiments: Experiments,
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(EXPERIMENTS_OPTIONS) private readonly options: ExperimentsOptions,
  ) {}

  onApplicationBootstrap(): void {
    if (this.options.watch) this.rounds.start(EVERY_MS * (0.5 + Math.random() / 2));
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  private async run(): Promise<void> {
    const isOurs = await takeTurn(this.database, 'experiments', LEASE_MS, this.clock.databaseTime());
    if (isOurs) await this.experiments.judgeAll();
  }
}
