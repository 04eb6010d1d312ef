import { Inject, Injectable } from '@nestjs/common';

import { Clock, isUuid } from '../kernel/index.js';
import { Database, valuesFor, type Statement } from '../prisma/index.js';
import type { BatchDto, BatchErrorDto } from './batch.dto.js';
import { BatchHasEnded, BatchNotFound } from './batch.errors.js';
import * as sql from './batch.sql.js';

/** Over which the rate is told. */
const RECENT_SECS = 15;
/** Counting a hundred thousand rows costs; whoever asks again within that gets the same. */
const COUNTED_MS = 1_000;
const MOST_LISTED = 50;
const PAGE = 1_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** What becomes of batches, and what operators do to them. */
@Injectable()
export class Batches {
  private readonly counted = new Map<string, { until: number; shown: Promise<BatchDto> }>();

  constructor(
    private readonly database: Database,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws {BatchNotFound | DatabaseUnavailable} */
  async get(id: string): Promise<BatchDto> {
    const now = this.clock.monotonic();
    for (const [other, { until }] of this.counted) if (until < now) this.counted.delete(other);
    const known = this.counted.get(id);
    if (known) return known.shown;
    const shown = this.find(id).then((batch) => this.show(batch));
    this.counted.set(id, { until: now + COUNTED_MS, shown });
    shown.catch(() => this.counted.delete(id));
    return shown;
  }

  /** Newest first. */
  async list(): Promise<BatchDto[]> {
    const rows = await this.database.query<sql.BatchRow>(sql.LIST, [MOST_LISTED]);
    const shown: BatchDto[] = [];
    for (const row of rows) shown.push(await this.show(row));
    return shown;
  }

  /** Nothing more is begun, but for what is just being. @throws {BatchNotFound | BatchHasEnded} */
  pause(id: string): Promise<BatchDto> {
    return this.change(id, 'paused', ['loading', 'running', 'paused'], 'operator');
  }

  /** Also one whose rows did not all come: with those that did. @throws {BatchNotFound | BatchHasEnded} */
  resume(id: string): Promise<BatchDto> {
    return this.change(id, 'running', ['loading', 'running', 'paused']);
  }

  /** What is not begun ends. What a provider has, or is being handed, is sent. @throws {BatchNotFound | BatchHasEnded} */
  cancel(id: string): Promise<BatchDto> {
    return this.change(id, 'canceled', ['loading', 'running', 'paused', 'canceled']);
  }

  /** Every row that became no message, and every message that failed. @throws {BatchNotFound} before the first */
  async errors(id: string): Promise<AsyncIterable<BatchErrorDto>> {
    await this.find(id);
    return this.allErrors(id);
  }

  private async *allErrors(id: string): AsyncIterable<BatchErrorDto> {
    yield* this.pages(sql.REFUSED_ROWS, id, '', ({ ref }) => ref);
    yield* this.pages(sql.FAILED_ROWS, id, FIRST_ID, ({ message_id }) => message_id ?? FIRST_ID);
  }

  private async *pages(
    statement: Statement,
    id: string,
    first: string,
    cursorOf: (row: sql.ErrorRow) => string,
  ): AsyncIterable<BatchErrorDto> {
    for (let after = first; ; ) {
      const rows = await this.database.query<sql.ErrorRow>(statement, [id, after, PAGE]);
      for (const { message_id: messageId, row, ...error } of rows)
        yield { ...error, ...(row !== null && { row }), ...(messageId !== null && { messageId }) };
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return;
      after = cursorOf(last);
    }
  }

  private async change(id: string, status: sql.BatchStatus, from: readonly string[], because: string | null = null) {
    const { id: known } = await this.find(id);
    const asked = { id: known, status, because, from, at: this.clock.databaseTime() };
    const changed = await this.database.query(sql.CHANGE, valuesFor(sql.CHANGE, asked));
    this.counted.delete(known);
    const batch = await this.find(known);
    if (changed.length === 0) throw new BatchHasEnded(batch.status);
    return this.show(batch);
  }

  private async find(id: string): Promise<sql.BatchRow> {
    const [batch] = isUuid(id) ? await this.database.query<sql.BatchRow>(sql.FIND, [id]) : [];
    if (!batch) throw new BatchNotFound();
    return batch;
  }

  private async show(batch: sql.BatchRow): Promise<BatchDto> {
    const values = [batch.id, RECENT_SECS, this.clock.databaseTime()];
    const [counts, [errors]] = await Promise.all([
      this.database.query<sql.CountRow>(sql.COUNT, values),
      this.database.query<{ refused: number }>(sql.COUNT_ERRORS, [batch.id]),
    ]);
    const sum = (of: (row: sql.CountRow) => number) => counts.reduce((total, row) => total + of(row), 0);
    const waiting = sum((row) => row.waiting);
    const limited = sum((row) => row.limited);
    const begunFor = batch.started_at ? (this.clock.now().getTime() - batch.started_at.getTime()) / 1_000 : 0;
    const recent = sum((row) => row.recent) / Math.min(RECENT_SECS, Math.max(begunFor, 1));
    const perSecond = Math.round(recent * 10) / 10;
    const { id, name, status, paused_because, rate, created_by, created_at, expires_at, started_at, ended_at } = batch;
    return {
      id,
      ...(name !== null && { name }),
      status,
      ...(paused_because !== null && status === 'paused' && { pausedBecause: paused_because }),
      rows: sum((row) => row.rows),
      refused: errors?.refused ?? 0,
      waiting,
      limited,
      counts: Object.fromEntries(counts.map((row) => [row.status, row.rows])),
      ...(rate !== null && { rate }),
      perSecond,
      // When the limits of phones let the others go, no rate tells.
      ...(perSecond > 0 && limited === 0 && status === 'running' && { secondsLeft: Math.ceil(waiting / perSecond) }),
      createdBy: created_by,
      createdAt: created_at,
      expiresAt: expires_at,
      ...(started_at !== null && { startedAt: started_at }),
      ...(ended_at !== null && { endedAt: ended_at }),
    };
  }
}
