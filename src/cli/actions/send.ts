import { createWriteStream, rmSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

import type { BatchDto, BatchErrorDto, UploadDto } from '../../batches/index.js';
import { isUuid } from '../../kernel/index.js';
import type { Where } from '../api/where.js';
import type { BatchApi, UploadQuery } from '../send/batch-api.js';
import { csvLine } from '../send/csv.js';
import { Progress } from '../send/progress.js';
import { batchIdOf, rowsOf, type OutgoingRow, type RowOptions } from '../send/rows.js';
import { withBatches } from '../send/with-batches.js';
import { UsageError } from '../usage-error.js';

interface SendOptions extends RowOptions, Where {
  readonly name?: string;
  readonly batch?: string;
  readonly rate?: number;
  readonly hold?: true;
  readonly dryRun?: true;
  readonly wait: boolean;
  readonly json?: true;
}

/** Rows of one request: few enough that a bar moves and that all their errors are in the answer. */
const AT_ONCE = 1_000;
const LOOK_EVERY_MS = 1_000;

export async function send(options: SendOptions): Promise<void> {
  const { csv, name, batch, rate, hold, dryRun } = options;
  if (!statSync(csv, { throwIfNoEntry: false })?.isFile())
    throw new UsageError(`There is no file ${csv}.`, 'Give the path of a CSV file to --csv.');
  if (batch !== undefined && !isUuid(batch.toLowerCase()))
    throw new UsageError('--batch is no UUID.', 'The batches are listed by: npm run cli -- batches list');
  const id = batch?.toLowerCase() ?? (await batchIdOf(options, name));
  const all = await countOf(options);
  if (all === 0)
    throw new UsageError(`${csv} has no rows.`, 'The first line names the columns; each row is a line after it.');
  await withBatches(options, async (api) => {
    const errors = new ErrorsFile(csv);
    const query = { id, name, rate, hold, dryRun };
    const taken = await upload(api, options, query, all, errors);
    if (dryRun) {
      await errors.close();
      return tellCost(taken, errors, options.json);
    }
    console.error(
      `Batch ${id}: ${taken.taken} ${taken.taken === 1 ? 'row is' : 'rows are'} new, ${taken.repeated} ${taken.repeated === 1 ? 'was' : 'were'} there before, ${taken.refused} ${taken.refused === 1 ? 'has' : 'have'} a fault.`,
    );
    const end = await follow(api, id, options);
    await errors.rewrite(api.errors(id));
    if (options.json) return console.log(JSON.stringify(end, null, 2));
    tellEnd(end, errors, api);
  });
}

async function countOf(options: RowOptions): Promise<number> {
  let rows = 0;
  for await (const row of rowsOf(options)) if (row) rows++;
  return rows;
}

/** The file is read as it is sent. */
async function upload(
  api: BatchApi,
  options: SendOptions,
  query: UploadQuery,
  all: number,
  errors: ErrorsFile,
): Promise<UploadDto> {
  const progress = new Progress(query.dryRun ? 'checked' : 'taken in');
  let [sum, done]: [UploadDto | undefined, number] = [undefined, 0];
  const push = async (rows: readonly OutgoingRow[]) => {
    const answer = await api.upload(rows, { ...query, first: done + 1, more: done + rows.length < all });
    done += rows.length;
    for (const error of answer.errors) await errors.add(error);
    sum = sum ? added(sum, answer) : answer;
    progress.show(done, all);
  };
  let rows: OutgoingRow[] = [];
  for await (const row of rowsOf(options)) {
    rows.push(row);
    if (rows.length < AT_ONCE) continue;
    await push(rows);
    rows = [];
  }
  if (rows.length > 0) await push(rows);
  progress.end(done, all);
  return sum!;
}

function added(a: UploadDto, b: UploadDto): UploadDto {
  const countries = new Map(a.byCountry.map((each) => [each.country, { ...each }]));
  for (const each of b.byCountry) {
    const known = countries.get(each.country);
    if (!known) countries.set(each.country, { ...each });
    else
      Object.assign(known, {
        rows: known.rows + each.rows,
        segments: known.segments + each.segments,
        cost: known.cost + each.cost,
      });
  }
  return {
    ...a,
    taken: a.taken + b.taken,
    repeated: a.repeated + b.repeated,
    refused: a.refused + b.refused,
    segments: a.segments + b.segments,
    cost: a.cost + b.cost,
    byCountry: [...countries.values()],
    errors: [],
  };
}

/** Until it has ended, or stands still for a reason that somebody has to mend. */
async function follow(api: BatchApi, id: string, { wait: waits, hold }: SendOptions): Promise<BatchDto> {
  const progress = new Progress('sent');
  for (;;) {
    const batch = await api.get(id);
    const done = batch.rows - batch.waiting;
    const more =
      batch.pausedBecause === 'cost_limit'
        ? "  waits: the day's budget is used up"
        : batch.limited > 0
          ? `  ${batch.limited} wait for their phone's limit`
          : '';
    const stands = batch.status === 'done' || batch.status === 'canceled' || batch.pausedBecause === 'operator';
    if (stands || !waits || hold || !api.isRunning) {
      if (api.isRunning && waits) progress.end(done, batch.rows, more);
      return batch;
    }
    progress.show(done, batch.rows, batch.perSecond, more);
    await wait(LOOK_EVERY_MS);
  }
}

function tellCost({ byCountry, taken, refused, segments, cost }: UploadDto, errors: ErrorsFile, json?: true): void {
  if (json) return console.log(JSON.stringify({ taken, refused, segments, cost, byCountry }, null, 2));
  console.log('country      rows  segments        cost');
  const line = (country: string, rows: number, parts: number, usd: number) =>
    console.log(
      `${country.padEnd(8)} ${String(rows).padStart(8)} ${String(parts).padStart(9)} ${`$${usd.toFixed(4)}`.padStart(11)}`,
    );
  for (const each of [...byCountry].sort((a, b) => b.rows - a.rows))
    line(each.country, each.rows, each.segments, each.cost);
  line('all', taken, segments, cost);
  if (refused > 0) console.log(`${rowsHave(refused)} a fault: ${errors.path}`);
  console.log('Nothing was sent.');
}

const rowsHave = (count: number) => `${count} ${count === 1 ? 'row has' : 'rows have'}`;

function tellEnd(
  { id, status, pausedBecause, rows, refused, waiting, counts }: BatchDto,
  errors: ErrorsFile,
  { isRunning }: BatchApi,
): void {
  console.log(
    `Batch ${id} is ${status}${pausedBecause ? ` (${pausedBecause})` : ''}: ${rows - waiting} of ${rows} texts begun.`,
  );
  const by = Object.entries(counts).map(([state, count]) => `${count} ${state}`);
  if (by.length > 0) console.log(`  ${by.join(', ')}`);
  if (refused > 0 || errors.count > 0)
    console.log(`  ${errors.count} ${errors.count === 1 ? 'row was' : 'rows were'} not sent: ${errors.path}`);
  if (waiting > 0 && !isRunning) console.log('The program sends them; it need not be told.');
}

/** `FILE.errors.csv`, beside the file; there only while there is an error. */
class ErrorsFile {
  readonly path: string;
  count = 0;
  private stream: ReturnType<typeof createWriteStream> | undefined;

  constructor(csv: string) {
    this.path = `${csv}.errors.csv`;
    rmSync(this.path, { force: true });
  }

  async add({ ref, row, code, detail, messageId }: BatchErrorDto): Promise<void> {
    if (!this.stream) {
      this.stream = createWriteStream(this.path, { mode: 0o600 });
      this.stream.write('ref,row,code,detail,message\n');
    }
    this.count++;
    if (!this.stream.write(csvLine([ref, row, code, detail, messageId]))) await once(this.stream, 'drain');
  }

  /** With all that there is: also what failed on its way, and what earlier runs were told. */
  async rewrite(errors: AsyncIterable<BatchErrorDto>): Promise<void> {
    await this.close();
    this.count = 0;
    this.stream = undefined;
    rmSync(this.path, { force: true });
    for await (const error of errors) await this.add(error);
    await this.close();
  }

  async close(): Promise<void> {
    if (!this.stream) return;
    this.stream.end();
    if (!this.stream.closed) await once(this.stream, 'close');
  }
}
