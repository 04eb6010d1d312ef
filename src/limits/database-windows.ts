import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { SlidingWindows, type Hit, type Quotas, type WindowRow } from './sliding-windows.js';

const TAKE = {
  name: 'take_hit',
  // As text, because a Date has no microseconds.
  text: 'SELECT refused_by, retry_after, remaining, resets, hit_at::text FROM take_hit($1, $2, $3, $4, $5)',
};

const GIVE_BACK = { name: 'give_back_hit', text: 'SELECT give_back_hit($1, $2::timestamptz)' };

const STATE = {
  name: 'window_state',
  text: `SELECT state.* FROM (SELECT array_agg(hit ORDER BY hit) AS hits FROM limit_windows, unnest(hits) AS hit
      WHERE key IN (key_now($1), key_now($5))) AS known,
    LATERAL window_state(hits, $2, $3, coalesce($4::timestamptz, clock_timestamp())) AS state WHERE hits IS NOT NULL`,
};

const FORGET = { name: 'forget_window', text: 'DELETE FROM limit_windows WHERE key = key_now($1)' };

/** In the database: one row a window. @throws {DatabaseUnavailable} */
@Injectable()
export class DatabaseWindows extends SlidingWindows {
  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    super();
  }

  async take({ key, formerKey }: Hit, { quotas, secs }: Quotas): Promise<WindowRow> {
    const values = [key, quotas, secs, this.clock.databaseTime(), formerKey];
    const [row] = await this.database.query<WindowRow>(TAKE, values);
    if (!row) throw new Error('take_hit returned no row');
    return row;
  }

  async giveBack({ key }: Hit, { hit_at: hitAt }: WindowRow): Promise<void> {
    await this.database.query(GIVE_BACK, [key, hitAt]);
  }

  async state(key: Uint8Array, { quotas, secs }: Quotas, former?: Uint8Array | null): Promise<WindowRow | undefined> {
    const values = [key, quotas, secs, this.clock.databaseTime(), former ?? null];
    const [row] = await this.database.query<WindowRow>(STATE, values);
    return row;
  }

  async forget(key: Uint8Array): Promise<void> {
    await this.database.query(FORGET, [key]);
  }
}
