import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { Database, valuesFor } from '../prisma/index.js';
import { questionFrom, type AnalyticsAsked, type Dimension } from './asked.js';
import * as sql from './analytics.sql.js';

/** What one group of tries came to. Which one is in `group`, in the order asked for. */
export interface Figures {
  /** Tries that a provider took. */
  readonly sent: number;
  readonly delivered: number;
  readonly approved: number;
  /** Approved of sent; null: nothing was sent. */
  readonly conversion: number | null;
  /** From handing over to the network's word that the phone has it; to a fifth. */
  readonly latencyP50Ms: number | null;
  readonly latencyP95Ms: number | null;
  readonly costUsd: number;
  /** null: nobody was approved. */
  readonly costPerApprovalUsd: number | null;
}

export type AnalyticsRow = Readonly<Partial<Record<Dimension, string>>> & Figures;

export interface AnalyticsReport {
  readonly from: Date;
  readonly to: Date;
  readonly by: readonly Dimension[];
  /** When the newest hour was last summed up. */
  readonly countedAt: Date | null;
  readonly rows: readonly AnalyticsRow[];
  readonly total: Figures;
  /** There are more rows than are shown. */
  readonly truncated: boolean;
}

const MOST_ROWS = 10_000;

/** What texts brought, and what that cost, by sums of hours. */
@Injectable()
export class Analytics {
  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws {AnalyticsUnreadable | DatabaseUnavailable} */
  async read(asked: AnalyticsAsked): Promise<AnalyticsReport> {
    const { from, to, by, only } = questionFrom(asked, this.clock.databaseTime() ?? this.clock.now());
    const sums = (dimensions: readonly Dimension[]) => {
      const statement = sql.sumsBy(dimensions);
      const values = valuesFor(statement, { ...only, from, to, most: MOST_ROWS + 1 });
      return this.database.query<sql.SumRow>(statement, values);
    };
    const rows = await sums(by);
    const [total] = await sums([]);
    const [newest] = await this.database.query<{ at: Date }>(sql.FRESH, []);
    return {
      ...{ from, to, by, countedAt: newest?.at ?? null },
      rows: rows.slice(0, MOST_ROWS).map((row) => ({ ...groupOf(row, by), ...figuresOf(row) })),
      total: figuresOf(total),
      truncated: rows.length > MOST_ROWS,
    };
  }
}

function groupOf(row: sql.SumRow, by: readonly Dimension[]): Partial<Record<Dimension, string>> {
  return Object.fromEntries(
    by.map((dimension) => {
      const value = row[dimension] ?? '';
      return [dimension, value instanceof Date ? value.toISOString() : value];
    }),
  );
}

function figuresOf(row: sql.SumRow | undefined): Figures {
  const [sent, delivered, approved] = [Number(row?.sent ?? 0), Number(row?.delivered ?? 0), Number(row?.approved ?? 0)];
  const micros = Number(row?.cost ?? 0);
  const latencies = row?.latencies ?? [];
  return {
    ...{ sent, delivered, approved, conversion: sent === 0 ? null : approved / sent },
    ...{ latencyP50Ms: percentile(latencies, 0.5), latencyP95Ms: percentile(latencies, 0.95) },
    costUsd: micros / 1e6,
    costPerApprovalUsd: approved === 0 ? null : Math.round(micros / approved) / 1e6,
  };
}

/** The time in which that share of the deliveries were made: where the class ends that it falls in, as `latency_class` says. */
function percentile(latencies: readonly number[], share: number): number | null {
  const all = latencies.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  let upTo = 0;
  const last = latencies.findIndex((count) => (upTo += count) >= share * all);
  return Math.round(50 * 1.2 ** last);
}
