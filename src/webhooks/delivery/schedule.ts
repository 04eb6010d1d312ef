const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** What is waited after each failed try, as Standard Webhooks recommends: ten tries in a little more than three days. */
const WAITS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;
/** The longest that a receiver may ask for, chance and all: with it at every try, all of them still lie within the days that events are kept. */
const LONGEST_ASKED_MS = 6 * HOUR;

/**
 * Milliseconds until the next try after `tries` of them; undefined after the last. Up to a fifth is added by chance, so that
 * what failed together does not come back together.
 * @param askedMs what the receiver asked for by Retry-After; less than the schedule's wait does not shorten it
 */
export function waitAfter(tries: number, askedMs: number, random: () => number): number | undefined {
  const wait = WAITS_MS[tries - 1];
  if (wait === undefined) return undefined;
  const chance = 1 + random() / 5;
  return Math.round(Math.max(wait * chance, Math.min(askedMs * chance, LONGEST_ASKED_MS)));
}

/** Milliseconds that a Retry-After asks for: seconds, or a date; 0 when it says neither. */
export function askedFor(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? 0 : Math.max(at - now.getTime(), 0);
}
