import { Inject, Injectable } from '@nestjs/common';

import { Clock, NoPersonalData } from '../kernel/index.js';
import { Database, type Statement } from './database.js';

/** Tables in which there is nobody, and of which what is old goes. */
@Injectable()
export abstract class AgedData extends NoPersonalData {
  /** Each takes how many rows go at most (`$1`) and "now" (`$2`, null: the server's clock), and answers with one for each that is gone. */
  protected abstract readonly purges: readonly Statement[];

  constructor(
    protected readonly database: Database,
    @Inject(Clock) protected readonly clock: Clock,
  ) {
    super();
  }

  async purge(batch: number): Promise<number> {
    let gone = 0;
    for (const statement of this.purges) {
      gone += (await this.database.query(statement, [batch, this.clock.databaseTime()])).length;
    }
    return gone;
  }
}
