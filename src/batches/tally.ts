import type { BadRow, GoodRow } from './row-reader.js';

export interface CountryTotals {
  /** ISO 3166-1 alpha-2; ZZ: of no country. */
  readonly country: string;
  readonly rows: number;
  readonly segments: number;
  /** Dollars by the price list, at who is asked first. */
  readonly cost: number;
}

export interface Totals {
  /** New rows, which will be sent. */
  readonly taken: number;
  /** That came before. */
  readonly repeated: number;
  readonly refused: number;
  readonly segments: number;
  readonly cost: number;
  readonly byCountry: readonly CountryTotals[];
}

const MOST_ERRORS = 1_000;
const MICROS = 1_000_000;
const NO_COUNTRY = 'ZZ';

/** What one upload came to. */
export class Tally {
  readonly errors: BadRow[] = [];
  private readonly countries = new Map<string, { rows: number; segments: number; micros: number }>();
  private repeats = 0;
  private refusals = 0;

  taken({ phone, segments, costMicros }: GoodRow): void {
    const country = phone.country ?? NO_COUNTRY;
    const sums = this.countries.get(country) ?? { rows: 0, segments: 0, micros: 0 };
    sums.rows++;
    sums.segments += segments;
    sums.micros += costMicros;
    this.countries.set(country, sums);
  }

  repeated(): void {
    this.repeats++;
  }

  refused(row: BadRow): void {
    this.refusals++;
    if (this.errors.length < MOST_ERRORS) this.errors.push(row);
  }

  totals(): Totals {
    const byCountry = [...this.countries]
      .map(([country, { rows, segments, micros }]) => ({ country, rows, segments, cost: micros / MICROS }))
      .sort((a, b) => b.rows - a.rows);
    const sum = (of: (each: CountryTotals) => number) => byCountry.reduce((total, each) => total + of(each), 0);
    const micros = [...this.countries.values()].reduce((total, each) => total + each.micros, 0);
    return {
      taken: sum(({ rows }) => rows),
      repeated: this.repeats,
      refused: this.refusals,
      segments: sum(({ segments }) => segments),
      cost: micros / MICROS,
      byCountry,
    };
  }
}
