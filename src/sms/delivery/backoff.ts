const LONGEST_MS = 30_000;

/** Milliseconds: doubles from `firstMs` with every round, to half a minute; the upper half of it is chance. */
export function backoff(rounds: number, random: () => number, firstMs = 1_000): number {
  return Math.round(Math.min(firstMs * 2 ** Math.min(rounds, 10), LONGEST_MS) * (0.5 + random() / 2));
}
