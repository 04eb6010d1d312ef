import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { Clock, Rounds } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { DEFAULT_POLICY } from './budgets.js';
import { BREAK, breakValues, SETTLE, settleValues } from './settling.sql.js';

const EVERY_MS = 2_000;
const BATCH = 500;
/** Of these rounds one looks for prefixes to block. */
const BREAK_EVERY = 15;

/** Charges and gives back what starts and approvals leave to it, and trips the breaker. One instance at a time. */
@Injectable()
export class BudgetKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Fraud');
  private readonly rounds = new Rounds(
    () => this.work(),
    EVERY_MS,
    (error) => this.logger.error(`budgets are not settled: ${error instanceof Error ? error.message : ''}`),
  );
  private settled = 0;

  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Until nothing is left. */
  async settle(): Promise<void> {
    for (let done = BATCH; done === BATCH && !this.rounds.isStopped; ) {
      done = await this.run(SETTLE, settleValues(DEFAULT_POLICY, BATCH, this.clock.databaseTime()));
    }
  }

  async trip(): Promise<void> {
    const broken = await this.run(BREAK, breakValues(DEFAULT_POLICY, this.clock.databaseTime()));
    if (broken > 0) this.logger.warn(`${broken} prefix(es) look like an attack: see "fraud status"`);
  }

  private async run(statement: typeof SETTLE, values: readonly unknown[]): Promise<number> {
    const [row] = await this.database.query<{ done: number }>(statement, values);
    return row?.done ?? 0;
  }

  private async work(): Promise<void> {
    await this.settle();
    this.settled += 1;
    if (this.settled % BREAK_EVERY === 0) await this.trip();
  }
}
