import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Database, valuesFor } from '../prisma/index.js';
import { TOUCH } from './keys.sql.js';

/** A key that is always in use is written about once in this time. */
const EVERY_MS = 60_000;

/** When keys were last used: noted with every request, written now and then. */
@Injectable()
export class KeyUses {
  /** By id: wall time in milliseconds. */
  private readonly noted = new Map<string, number>();
  /** By id: monotonic time. */
  private readonly written = new Map<string, number>();

  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  note(id: string, at: number): void {
    this.noted.set(id, at);
  }

  /** @throws {DatabaseUnavailable} and then it is written the next time */
  async write(everyMs = EVERY_MS): Promise<void> {
    const now = this.clock.monotonic();
    const due = [...this.noted].filter(([id]) => now - (this.written.get(id) ?? -Infinity) >= everyMs);
    if (due.length === 0) return;
    const times = due.map(([, at]) => new Date(at).toISOString());
    await this.database.query(TOUCH, valuesFor(TOUCH, { ids: due.map(([id]) => id), times }));
    for (const [id, at] of due) {
      this.written.set(id, now);
      if (this.noted.get(id) === at) this.noted.delete(id);
    }
  }
}
