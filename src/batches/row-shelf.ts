import type { Clock, KeyRing } from '../kernel/index.js';
import { valuesFor, type Database } from '../prisma/index.js';
import type { BatchRow } from './batch.sql.js';
import * as sql from './row-shelf.sql.js';
import type { BadRow, GoodRow, RowReader } from './row-reader.js';

/** Where the rows of an upload go. */
export interface RowShelf {
  /** What became of each, in the same order; no id stands in it twice. */
  put(rows: readonly GoodRow[]): Promise<readonly sql.InsertedRow[]>;
  /** @param good refs that are no error any more */
  note(bad: readonly BadRow[], good: readonly string[]): Promise<void>;
}

/** They become messages of a batch. */
export class KeptRows implements RowShelf {
  constructor(
    private readonly batch: BatchRow,
    private readonly database: Database,
    private readonly reader: RowReader,
    private readonly keys: KeyRing,
    private readonly clock: Clock,
  ) {}

  put(rows: readonly GoodRow[]): Promise<readonly sql.InsertedRow[]> {
    const sealed = rows.map((row) => this.reader.sealed(row));
    return this.database.query<sql.InsertedRow>(
      sql.INSERT,
      valuesFor(sql.INSERT, {
        batch: this.batch.id,
        ids: rows.map(({ id }) => id),
        refs: rows.map(({ ref }) => ref),
        phone_keys: sealed.map(({ key }) => key),
        phones: sealed.map(({ phone }) => phone),
        version: this.keys.version,
        templates: rows.map(({ content }) => ('body' in content ? 'text' : content.template)),
        bodies: sealed.map(({ body }) => body),
        locales: rows.map(({ locale }) => locale),
        channels: rows.map(({ channel }) => channel),
        countries: rows.map(({ phone }) => phone.country ?? null),
        expires_at: this.batch.expires_at,
        at: this.clock.databaseTime(),
      }),
    );
  }

  async note(bad: readonly BadRow[], good: readonly string[]): Promise<void> {
    if (bad.length === 0 && this.batch.is_new) return;
    await this.database.query(
      sql.NOTE_ERRORS,
      valuesFor(sql.NOTE_ERRORS, {
        batch: this.batch.id,
        refs: bad.map(({ ref }) => ref),
        rows: bad.map(({ row }) => row),
        codes: bad.map(({ code }) => code),
        details: bad.map(({ detail }) => detail),
        good,
      }),
    );
  }
}

/** Nothing is written: it is only said what would become of them. */
export class TriedRows implements RowShelf {
  /** Lines of phones by the ids of rows that would have been taken before. */
  private readonly seen = new Map<string, string>();

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
  ) {}

  async put(rows: readonly GoodRow[]): Promise<readonly sql.InsertedRow[]> {
    const phone_keys = rows.map(({ phone }) => this.keys.lookupKey('phone', phone.line));
    const values = valuesFor(sql.LOOK, { ids: rows.map(({ id }) => id), phone_keys });
    const found = await this.database.query<sql.InsertedRow>(sql.LOOK, values);
    return found.map(({ id, state }, index) => {
      const { line } = rows[index]!.phone;
      const before = this.seen.get(id);
      if (state !== 'taken') return { id, state };
      if (before !== undefined) return { id, state: before === line ? 'repeated' : 'ref_taken' };
      this.seen.set(id, line);
      return { id, state };
    });
  }

  note(): Promise<void> {
    return Promise.resolve();
  }
}
