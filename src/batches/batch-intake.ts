import { setImmediate as othersTurn } from 'node:timers/promises';

import { Inject, Injectable } from '@nestjs/common';

import { Clock, DomainError, KeyRing } from '../kernel/index.js';
import { valuesFor, type Database } from '../prisma/index.js';
import { BatchHasEnded, NotAnArray, TooManyRows, UploadInterrupted } from './batch.errors.js';
import * as sql from './batch.sql.js';
import { BATCHES_OPTIONS, type BatchesOptions } from './batches.options.js';
import { Courtesy } from './courtesy.js';
import { RowReader, LONGEST_ROW, type BadRow, type GoodRow } from './row-reader.js';
import { KeptRows, TriedRows, type RowShelf } from './row-shelf.js';
import { splitterFor, type RowFormat } from './rows/rows-of.js';
import { Tally, type Totals } from './tally.js';

export interface Upload {
  readonly id: string;
  /** Bytes; read as fast as rows are written. */
  readonly rows: AsyncIterable<Uint8Array>;
  readonly format: RowFormat;
  readonly by: string;
  readonly name?: string;
  /** Messages a second. */
  readonly rate?: number;
  /** The number of the first row; 1. */
  readonly first?: number;
  /** More rows will come in another request: it does not begin yet. */
  readonly more?: boolean;
  /** It begins when it is resumed. */
  readonly hold?: boolean;
  /** Nothing is written, and nothing begins. */
  readonly dryRun?: boolean;
}

export interface Taken extends Totals {
  readonly id: string;
  /** The first 1000. */
  readonly errors: readonly BadRow[];
}

const MOST_ROWS = 100_000;
/** Rows in one statement; while somebody else asks, a shorter one. */
const AT_ONCE = { alone: 250, busy: 50 } as const;
/** Work on rows between which others have their turn: a code must not wait for a batch. */
const SLICE_MS = 2;
const DEFAULT_WAIT_SECS = 259_200;
const REF_TAKEN = { code: 'REF_TAKEN', detail: 'Another row of this batch has this ref, for another phone.' };
const OPTED_OUT = { code: 'DESTINATION_NOT_ALLOWED', detail: 'This person asked for no more texts.' };

/** Takes rows in as they come, a few at a time, so that memory is that of a few whatever their number. */
@Injectable()
export class BatchIntake {
  private readonly database: Database;
  private closing = false;

  constructor(
    private readonly reader: RowReader,
    private readonly keys: KeyRing,
    private readonly courtesy: Courtesy,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(BATCHES_OPTIONS) private readonly options: BatchesOptions,
  ) {
    this.database = courtesy.lane;
  }

  /** What is being read ends as if its sender had gone: whoever sends it again goes on. */
  beforeApplicationShutdown(): void {
    this.closing = true;
  }

  /**
   * @throws {BatchHasEnded | NotAnArray | TooManyRows | UploadInterrupted | DatabaseUnavailable} and then what came before is kept:
   * the same rows again, under the same id, are known by their refs
   */
  async take(upload: Upload): Promise<Taken> {
    const { id, dryRun } = upload;
    const batch = dryRun ? undefined : await this.open(upload);
    const shelf: RowShelf = batch
      ? new KeptRows(batch, this.database, this.reader, this.keys, this.clock)
      : new TriedRows(this.database, this.keys);
    const tally = new Tally();
    for await (const rows of this.chunksOf(upload)) {
      const since = performance.now();
      const good = rows.filter((row): row is GoodRow => 'phone' in row);
      const bad = rows.filter((row): row is BadRow => !('phone' in row));
      await this.shelve(good, bad, shelf, tally);
      for (const row of bad) tally.refused(row);
      await this.courtesy.giveWay(since);
    }
    if (batch && !upload.more)
      await this.database.query(sql.LOADED, [id, upload.hold ?? false, this.clock.databaseTime()]);
    return { id, ...tally.totals(), errors: tally.errors };
  }

  private async open({ id, name, rate, by }: Upload): Promise<sql.BatchRow> {
    const wait_secs = this.options.waitSecs ?? DEFAULT_WAIT_SECS;
    const asked = { id, name: name ?? null, rate: rate ?? null, by, wait_secs, at: this.clock.databaseTime() };
    const [batch] = await this.database.query<sql.BatchRow>(sql.OPEN, valuesFor(sql.OPEN, asked));
    if (!batch) throw new UploadInterrupted(); // made by another request this moment
    if (batch.status === 'canceled') throw new BatchHasEnded(batch.status);
    return batch;
  }

  private async *chunksOf({ id, rows, format, first = 1 }: Upload): AsyncIterable<readonly (GoodRow | BadRow)[]> {
    const splitter = splitterFor(format, LONGEST_ROW);
    let [count, since] = [0, performance.now()];
    let chunk: (GoodRow | BadRow)[] = [];
    const read = async function* (this: BatchIntake) {
      for await (const bytes of rows) yield* splitter.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      yield* splitter.end();
    };
    try {
      for await (const raw of read.call(this)) {
        if (this.closing) throw new UploadInterrupted();
        if (++count > MOST_ROWS) throw new TooManyRows(MOST_ROWS);
        chunk.push(this.reader.read(raw, first + count - 1, id));
        if (performance.now() - since > SLICE_MS) {
          await othersTurn();
          since = performance.now();
        }
        if (chunk.length < AT_ONCE[this.courtesy.isBusy ? 'busy' : 'alone']) continue;
        yield chunk;
        chunk = [];
        since = performance.now();
      }
    } catch (error) {
      // What is whole is kept, whatever comes after it.
      if (chunk.length > 0) yield chunk;
      if (error instanceof DomainError) throw error;
      if (isGone(error)) throw new UploadInterrupted();
      throw error;
    }
    if (chunk.length > 0) yield chunk;
  }

  private async shelve(good: readonly GoodRow[], bad: BadRow[], shelf: RowShelf, tally: Tally): Promise<void> {
    const byId = new Map<string, GoodRow>();
    for (const row of good) {
      const same = byId.get(row.id);
      if (!same) byId.set(row.id, row);
      else if (same.phone.line === row.phone.line) tally.repeated();
      else bad.push({ ref: row.ref, row: row.row, ...REF_TAKEN });
    }
    const fine: string[] = [];
    for (const { id, state } of byId.size > 0 ? await shelf.put([...byId.values()]) : []) {
      const row = byId.get(id)!;
      const { ref } = row;
      if (state === 'opted_out') bad.push({ ref, row: row.row, ...OPTED_OUT });
      else if (state === 'ref_taken') bad.push({ ref, row: row.row, ...REF_TAKEN });
      else if (state === 'repeated') tally.repeated();
      else tally.taken(row);
      if (state === 'taken') fine.push(ref);
    }
    await shelf.note(bad, fine);
  }
}

/** Whoever sent the rows is gone, or was cut off. */
const isGone = (error: unknown) =>
  !(error instanceof NotAnArray) &&
  /aborted|ECONNRESET|premature/i.test(`${(error as Error)?.message} ${(error as { code?: string })?.code}`);
