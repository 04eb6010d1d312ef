import { Inject, Injectable } from '@nestjs/common';

import { Clock, NoPersonalData } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { PURGE } from './batch.sql.js';

/** Batches, and what was wrong with rows that became no message: no number is in them. Their rows are messages, and go before. */
@Injectable()
export class BatchData extends NoPersonalData {
  readonly name = 'batches';

  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  async purge(batch: number, days: number): Promise<number> {
    return (await this.database.query(PURGE, [days, batch, this.clock.databaseTime()])).length;
  }
}
