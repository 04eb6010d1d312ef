import { Analytics, AnalyticsModule, csvOf, type AnalyticsAsked, type AnalyticsRow } from '../../analytics/index.js';
import { withRooms } from '../rooms.js';
import { UsageError } from '../usage-error.js';

interface Options extends Omit<AnalyticsAsked, 'by'> {
  readonly by: string;
  readonly days?: string;
  readonly json?: true;
  readonly csv?: true;
}

const DAY_MS = 86_400_000;

export async function show({ days, json, csv, ...asked }: Options): Promise<void> {
  if (json && csv) throw new UsageError('--json and --csv cannot both be.', 'Leave one out.');
  const from = days === undefined ? asked.from : since(days, asked.from);
  const report = await withRooms(
    ({ retentionDays }) => [AnalyticsModule.forRoot({ retentionDays, watch: false })],
    (context) => context.get(Analytics).read({ ...asked, ...(from !== undefined && { from }) }),
  );
  if (json) return console.log(JSON.stringify(report, null, 2));
  if (csv) return void process.stdout.write(csvOf(report));
  const span = `${minute(report.from)} to ${minute(report.to)} UTC`;
  if (report.rows.length === 0) return console.log(`${span}: no texts.`);
  console.log(`${span}, counted at ${report.countedAt ? minute(report.countedAt) : 'no time'}`);
  console.table([...report.rows, report.total].map((row) => line(row, report.by)));
  if (report.truncated) console.log('There are more rows: ask for fewer dimensions, or less time.');
}

function since(days: string, from: string | undefined): string {
  if (from !== undefined) throw new UsageError('--days and --from cannot both be.', 'Leave one out.');
  if (!/^[1-9]\d?$/.test(days)) throw new UsageError('--days must be a number from 1 to 92.', 'Write it like --days 7');
  return new Date(Date.now() - Number(days) * DAY_MS).toISOString();
}

const minute = (at: Date) => at.toISOString().slice(0, 16).replace('T', ' ');
const percent = (share: number | null) => (share === null ? '' : `${(share * 100).toFixed(1)} %`);
const seconds = (ms: number | null) => (ms === null ? '' : `${(ms / 1_000).toFixed(1)} s`);
const usd = (amount: number | null) => (amount === null ? '' : `$${amount.toFixed(4)}`);

function line(row: AnalyticsRow, by: readonly (keyof AnalyticsRow)[]): Record<string, string | number> {
  const isTotal = by.length > 0 && row[by[0]!] === undefined;
  const group = by.map((name, nth) => [name, isTotal ? (nth === 0 ? 'all' : '') : (row[name] ?? '') || '-'] as const);
  return {
    ...(Object.fromEntries(group) as Record<string, string>),
    ...{ sent: row.sent, delivered: row.delivered, approved: row.approved, conversion: percent(row.conversion) },
    ...{ p50: seconds(row.latencyP50Ms), p95: seconds(row.latencyP95Ms) },
    ...{ cost: usd(row.costUsd), 'per approval': usd(row.costPerApprovalUsd) },
  };
}
