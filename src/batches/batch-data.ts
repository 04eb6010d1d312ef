import { Inject, Injectable } from '@nestjs/common';

import { Clock, NoPersonalData } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { END, PURGE } from './batch.sql.js';

/** Batches, which end when their time is over, and what was wrong with rows that became no message: no number is in them. Their rows are messages, and go before. */
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
    const at = this.clock.databaseTime();
    const ended = await this.database.query(END, [batch, at]);
    return ended.length + (await this.database.query(PURGE, [days, batch, at])).length;
  }
}
