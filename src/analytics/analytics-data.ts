import { Inject, Injectable } from '@nestjs/common';

import { Clock, NoPersonalData } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { PURGE } from './analytics.sql.js';

/** Sums of hours: nobody's. A year of them, and the weeks in which last year is looked at. */
@Injectable()
export class AnalyticsData extends NoPersonalData {
  readonly name = 'analytics';

  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  async purge(batch: number): Promise<number> {
    let gone = 0;
    for (const statement of PURGE)
      gone += (await this.database.query(statement, [batch, this.clock.databaseTime()])).length;
    return gone;
  }
}
