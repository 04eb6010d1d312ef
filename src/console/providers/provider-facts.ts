import type { Clock } from '../../kernel/index.js';
import { valuesFor, type Database } from '../../prisma/index.js';
import * as sql from './providers.sql.js';

const MOST_ERRORS = 10;
const MOST_CHANGES = 20;
/** As the rotation counts. */
const SLOW_MS = 2_000;

/** What all instances wrote down about providers. */
export interface Facts {
  readonly recent: readonly sql.RecentRow[];
  readonly errors: readonly sql.ErrorRow[];
  readonly changes: readonly sql.ChangeRow[];
}

export const NO_FACTS: Facts = { recent: [], errors: [], changes: [] };

/** @throws {DatabaseUnavailable} */
export async function readFacts(
  database: Database,
  providers: readonly string[],
  clock: Pick<Clock, 'databaseTime'>,
): Promise<Facts> {
  const now = clock.databaseTime();
  // One after the other: whoever only looks takes one connection at most.
  const recent = await database.query<sql.RecentRow>(sql.RECENT, valuesFor(sql.RECENT, { now, slow_ms: SLOW_MS }));
  const ofErrors = valuesFor(sql.ERRORS, { providers, most: MOST_ERRORS, now });
  const errors = await database.query<sql.ErrorRow>(sql.ERRORS, ofErrors);
  const ofHistory = valuesFor(sql.HISTORY, { providers, most: MOST_CHANGES });
  const changes = await database.query<sql.ChangeRow>(sql.HISTORY, ofHistory);
  return { recent, errors, changes };
}

/** A provider's own prose is nowhere kept: it may repeat the number. */
const MEANING: Readonly<Record<string, string>> = {
  unreachable: 'Nobody was reached, or it was given up before the request was written.',
  throttled: 'It said that there were too many requests.',
  misconfigured: 'Our credentials or our account there do not work.',
  refused: 'It does not carry this text: sender, route or country.',
  bad_destination: 'No phone that can get texts has this number.',
  opted_out: 'The person asked for no more texts.',
  unconfirmed: 'The request was written, and no readable answer came: the text may be out.',
};
export const reasonOf = (fault: string): string => MEANING[fault] ?? fault;

/** Those of one provider, newest first, each once. */
export function historyOf(provider: string, ...sources: readonly (readonly sql.ChangeRow[])[]): sql.ChangeRow[] {
  const byId = new Map(sources.flat().map((change) => [change.id, change]));
  return [...byId.values()]
    .filter((change) => change.provider === provider)
    .sort((a, b) => b.at.getTime() - a.at.getTime())
    .slice(0, MOST_CHANGES);
}
