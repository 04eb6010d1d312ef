import { AnalyticsUnreadable } from './analytics.errors.js';

export const DIMENSIONS = ['provider', 'country', 'template', 'variant', 'channel', 'day', 'hour'] as const;
export type Dimension = (typeof DIMENSIONS)[number];
/** What rows can be chosen by. */
export const FILTERS = ['provider', 'country', 'template', 'variant', 'channel'] as const;
export type Filter = (typeof FILTERS)[number];

/** A question as somebody asks it. */
export type AnalyticsAsked = {
  /** RFC 3339, or a day of UTC; seven days before `to` without it. */
  readonly from?: string;
  /** The same, and not in it; a day is its beginning. Now without it. */
  readonly to?: string;
  /** Dimensions with commas between them; provider without it. */
  readonly by?: string;
} & { readonly [Name in Filter]?: string };

export interface Question {
  /** Whole hours of UTC. */
  readonly from: Date;
  readonly to: Date;
  readonly by: readonly Dimension[];
  /** null: any. */
  readonly only: Readonly<Record<Filter, string | null>>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MOST_DAYS = 92;
const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/;
const WORD = /^[\w.-]{0,64}$/;

function timeFrom(name: string, text: string): number {
  const isDay = DAY.test(text);
  const time = isDay || TIME.test(text) ? Date.parse(text) : NaN;
  // The 30th of February is no day, but Date.parse has been seen to take it for one in March.
  const isThere = isDay ? !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) : !Number.isNaN(time);
  if (isThere) return time;
  throw new AnalyticsUnreadable(
    `${name} is neither a day nor a time.`,
    'Write it like 2026-11-21 or 2026-11-21T14:00:00Z.',
  );
}

function dimensionsFrom(text: string): Dimension[] {
  const names = text.split(',').map((name) => name.trim());
  const by = DIMENSIONS.filter((dimension) => names.includes(dimension));
  if (by.length === names.length) return names as Dimension[];
  throw new AnalyticsUnreadable(
    `by must be of ${DIMENSIONS.join(', ')}, each once.`,
    'Write it like provider,country.',
  );
}

/** @throws {AnalyticsUnreadable} */
export function questionFrom(asked: AnalyticsAsked, now: Date): Question {
  const to = asked.to === undefined ? now.getTime() : timeFrom('to', asked.to);
  const from = asked.from === undefined ? to - 7 * DAY_MS : timeFrom('from', asked.from);
  // Sums are of whole hours: those that a part of the time is in.
  const [first, last] = [Math.floor(from / HOUR_MS) * HOUR_MS, Math.ceil(to / HOUR_MS) * HOUR_MS];
  if (from >= to) throw new AnalyticsUnreadable('from is not before to.', 'Swap them, or leave one out.');
  if (last - first > MOST_DAYS * DAY_MS + HOUR_MS)
    throw new AnalyticsUnreadable(`More than ${MOST_DAYS} days are asked for.`, 'Ask for a quarter at a time.');
  const only = Object.fromEntries(FILTERS.map((name) => [name, wordFrom(name, asked[name])]));
  return {
    from: new Date(first),
    to: new Date(last),
    by: dimensionsFrom(asked.by ?? 'provider'),
    only: only as Record<Filter, string | null>,
  };
}

function wordFrom(name: Filter, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (!WORD.test(text))
    throw new AnalyticsUnreadable(`${name} is no ${name}.`, 'Take one that a row shows; empty for rows without one.');
  return name === 'country' ? text.toUpperCase() : text;
}
