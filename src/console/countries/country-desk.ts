import { Inject, Injectable } from '@nestjs/common';

import { FraudOffice, type BlockedPrefix } from '../../fraud/index.js';
import { Clock } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import type { CountriesDto, CountryDto } from './countries.dto.js';
import { COUNTRIES, type CountryRow } from './countries.sql.js';

const DAY_MS = 86_400_000;
/** A day of decisions is read for it: whoever reloads gets the same. */
const FRESH_MS = 10_000;
const NOTHING = { started: 0, approved: 0, blocked: 0, cost: '0' };

/** What each country brought and cost in the last 24 hours. */
@Injectable()
export class CountryDesk {
  private rows: { readonly read: Promise<readonly CountryRow[]>; readonly at: number } | undefined;

  constructor(
    private readonly database: Database,
    private readonly office: FraudOffice,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The numbers are at most ten seconds old, what is blocked is as it is now. @throws {DatabaseUnavailable} */
  async list(): Promise<CountriesDto> {
    const now = this.clock.now();
    const rows = new Map((await this.read()).map((row) => [row.country, row]));
    const blocked = await this.blocked(now);
    const countries = [...new Set([...rows.keys(), ...blocked.keys()])].map((country) =>
      describe({ ...NOTHING, country, ...rows.get(country) }, blocked.get(country) ?? []),
    );
    countries.sort((a, b) => b.started - a.started || a.country.localeCompare(b.country));
    return { since: new Date(now.getTime() - DAY_MS), countries };
  }

  private read(): Promise<readonly CountryRow[]> {
    const at = this.clock.monotonic();
    if (this.rows && at - this.rows.at < FRESH_MS) return this.rows.read;
    const values = valuesFor(COUNTRIES, { now: this.clock.databaseTime() });
    const read = this.database.query<CountryRow>(COUNTRIES, values);
    this.rows = { read, at };
    read.catch(() => (this.rows = undefined));
    return read;
  }

  private async blocked(now: Date): Promise<ReadonlyMap<string, readonly BlockedPrefix[]>> {
    const byCountry = new Map<string, BlockedPrefix[]>();
    for (const prefix of (await this.office.status(now)).blocked)
      byCountry.set(prefix.country, [...(byCountry.get(prefix.country) ?? []), prefix]);
    return byCountry;
  }
}

function describe(row: CountryRow, blocked: readonly BlockedPrefix[]): CountryDto {
  const { country, started, approved } = row;
  return {
    ...{ country, started, approved, conversion: started > 0 ? approved / started : null, blocked: row.blocked },
    cost: Number(row.cost) / 1e6,
    prefixes: blocked.map(({ level, blockedUntil, strikes }) => ({ level, blockedUntil, strikes })),
    unblock: blocked.length > 0 ? { call: 'POST /v1/admin/fraud/unblock', body: { country } } : null,
  };
}
