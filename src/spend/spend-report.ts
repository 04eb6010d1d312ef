import type { Clock } from '../kernel/index.js';
import type { Database } from '../prisma/index.js';
import type { Pricing } from '../sms/index.js';
import type { SpendDto } from './spend.dto.js';
import * as sql from './spend.sql.js';

const usd = (micros: number) => micros / 1e6;

/** What today's texts cost so far. */
export class SpendReport {
  constructor(
    private readonly database: Database,
    private readonly pricing: Pick<Pricing, 'capMicros' | 'keptMicros'>,
    private readonly clock: Pick<Clock, 'databaseTime'>,
  ) {}

  /** @throws {DatabaseUnavailable} */
  async today(): Promise<SpendDto> {
    const [row] = await this.database.query<sql.DayRow>(sql.DAY, [this.clock.databaseTime()]);
    const { day = '', held = '0' } = row ?? {};
    const parts = await this.database.query<sql.PartRow>(sql.PARTS, [day]);
    const booked = parts.reduce((sum, { micros }) => sum + Number(micros), 0);
    const by = <Key extends string>(keyOf: (part: sql.PartRow) => Record<Key, string>) => {
      const sums = new Map<string, Record<Key, string> & { texts: number; usd: number }>();
      for (const part of parts) {
        const key = keyOf(part);
        const sum = sums.get(JSON.stringify(key)) ?? { ...key, texts: 0, usd: 0 };
        sums.set(JSON.stringify(key), { ...sum, texts: sum.texts + part.texts, usd: sum.usd + Number(part.micros) });
      }
      return [...sums.values()].map((sum) => ({ ...sum, usd: usd(sum.usd) }));
    };
    return {
      day,
      capUsd: usd(this.pricing.capMicros),
      keptForKnownUsd: usd(this.pricing.keptMicros),
      heldUsd: usd(Number(held)),
      bookedUsd: usd(booked),
      reservedUsd: usd(Number(held) - booked),
      byProvider: by(({ provider, country }) => ({ provider, country: country ?? 'unknown' })),
      byChannel: by(({ channel }) => ({ channel })),
      byHour: by(({ hour }) => ({ hour: hour.toISOString() })),
    };
  }
}
