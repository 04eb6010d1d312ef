import type { MinuteDto } from './now.dto.js';
import type { MinuteRow } from './now.sql.js';

export const MINUTES = 60;
const MINUTE_MS = 60_000;
/** How long what became of a try may take to be known. */
const UNSETTLED = 3;

/** The last hour by minute. What is settled is read once, so that a look every second costs the last few minutes only. */
export class Minutes {
  private readonly rows = new Map<number, MinuteRow>();
  private readUntil = -Infinity;

  /** How many minutes back it is to be read. @param now milliseconds */
  toRead(now: number): number {
    const since = Math.floor((now - this.readUntil) / MINUTE_MS) + UNSETTLED;
    return Math.min(Number.isFinite(since) ? since : MINUTES, MINUTES);
  }

  /** What was read, of every minute that `toRead` said. @param now as the database has it @returns zero-filled, oldest first */
  take(rows: readonly MinuteRow[], back: number, now: Date): MinuteDto[] {
    const current = Math.floor(now.getTime() / MINUTE_MS);
    for (const minute of this.rows.keys())
      if (minute <= current - MINUTES || minute >= current - back) this.rows.delete(minute);
    for (const row of rows) this.rows.set(Math.floor(row.at.getTime() / MINUTE_MS), row);
    this.readUntil = now.getTime();
    return Array.from({ length: MINUTES }, (_, index) => {
      const minute = current - MINUTES + 1 + index;
      const { accepted = 0, failed = 0 } = this.rows.get(minute) ?? {};
      return { at: new Date(minute * MINUTE_MS), accepted, failed };
    });
  }
}
