import { Analytics, AnalyticsModule } from '../../analytics/index.js';
import { Clock } from '../../kernel/index.js';
import { Database } from '../../prisma/index.js';
import { Pricing } from '../../sms/index.js';
import { SpendReport } from '../../spend/index.js';
import { withRooms } from '../rooms.js';

const DAY_MS = 86_400_000;

/** A glance: the same numbers as `analytics` and `spend`, which tell them by anything. */
export async function glance({ days, json }: { days: number; json?: true }): Promise<void> {
  const from = new Date(Date.now() - days * DAY_MS).toISOString();
  const [report, spend] = await withRooms(
    ({ retentionDays }) => [AnalyticsModule.forRoot({ retentionDays, watch: false })],
    async (rooms, { limits, sms }) => {
      const names = sms.providers.map(({ definition }) => definition.name);
      const budget = {
        prices: limits.prices,
        capMicros: limits.dailyCostLimitMicros,
        keptPercent: limits.costShareForKnown,
      };
      const money = new SpendReport(rooms.get(Database), new Pricing(names, budget), rooms.get<Clock>(Clock));
      return Promise.all([rooms.get(Analytics).read({ by: 'provider', from }), money.today()]);
    },
  );
  const today = { day: spend.day, heldUsd: spend.heldUsd, capUsd: spend.capUsd };
  if (json) {
    const { from: since, to, countedAt, rows, total } = report;
    return console.log(JSON.stringify({ from: since, to, countedAt, total, byProvider: rows, today }, null, 2));
  }
  console.log(
    `last ${days === 1 ? '24 hours' : `${days} days`}, counted at ${report.countedAt?.toISOString() ?? 'no time: nothing was summed up yet'}`,
  );
  for (const [name, row] of [
    ...report.rows.map((row) => [row.provider ?? '-', row] as const),
    ['all', report.total] as const,
  ])
    console.log(lineOf(name, row));
  console.log(`today (UTC): $${today.heldUsd.toFixed(2)} of $${today.capUsd.toFixed(2)} held`);
}

interface Row {
  readonly sent: number;
  readonly delivered: number;
  readonly approved: number;
  readonly conversion: number | null;
  readonly costUsd: number;
}

const lineOf = (name: string, { sent, delivered, approved, conversion, costUsd }: Row): string =>
  `  ${name.padEnd(10)} ${sent} sent, ${delivered} delivered, ${approved} approved${conversion === null ? '' : ` (${(conversion * 100).toFixed(1)} %)`}, $${costUsd.toFixed(4)}`;
