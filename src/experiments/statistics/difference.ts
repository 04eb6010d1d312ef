const { exp, log, max, min, sqrt } = Math;

/** What became of the units of one arm. */
export interface Counts {
  readonly units: number;
  readonly successes: number;
}

export interface Comparison {
  /** Of the second rate to the first, as 0.05 for five points. */
  readonly difference: number;
  /** Holds the true difference at every look at once, but for a chance of alpha. */
  readonly interval: readonly [low: number, high: number];
  /** That of no difference; however often it is looked at, it falls to alpha or below by chance in a share of alpha at most. */
  readonly pValue: number;
}

/** Differences of about three points are what wordings differ by: there the test is quickest, and it is sound for all. */
const TYPICAL_DIFFERENCE = 0.03;
const MIXING = TYPICAL_DIFFERENCE ** 2;

/**
 * As if so many successes and as many failures had been seen before: of a rate close to 0 or 1, a hundred units often show too few
 * of the rarer to tell how much it varies, and where one arm is much smaller than the other that alone would look like a difference.
 */
const SEEN_BEFORE = 5;

/** Of an estimated rate. */
const varianceOf = ({ units, successes }: Counts): number => {
  const rate = (successes + SEEN_BEFORE) / (units + 2 * SEEN_BEFORE);
  return (rate * (1 - rate)) / max(units, 1);
};
const rateOf = ({ units, successes }: Counts): number => (units === 0 ? 0 : successes / units);

/** How far the estimate may be off, at every look at once (Howard, Ramdas, McAuliffe, Sekhon 2021: the normal mixture's bound). */
function radius(variance: number, alpha: number): number {
  const both = variance + MIXING;
  return sqrt(((2 * variance * both) / MIXING) * (log(1 / alpha) + log(both / variance) / 2));
}

const within = (value: number, low: number): number => min(1, max(low, value));

/**
 * The mixture sequential probability ratio test of two rates, and the confidence sequence that belongs to it (Johari, Pekelis, Walsh:
 * "Always valid inference", 2015 and 2022; "Peeking at A/B tests", 2017). The estimate is taken as normal, so it is for arms
 * of a hundred units or more; `experiments.simulation.spec.ts` shows what it is worth.
 */
export function compare(first: Counts, second: Counts, alpha: number): Comparison {
  const difference = rateOf(second) - rateOf(first);
  const variance = varianceOf(first) + varianceOf(second);
  const both = variance + MIXING;
  const logRatio = log(variance / both) / 2 + (MIXING * difference ** 2) / (2 * variance * both);
  const off = radius(variance, alpha);
  const interval = [within(difference - off, -1), within(difference + off, -1)] as const;
  return { difference, interval, pValue: min(1, exp(-logRatio)) };
}

/** Where the rate of one arm is, at every look at once. */
export function rateInterval(counts: Counts, alpha: number): readonly [low: number, high: number] {
  const off = radius(varianceOf(counts), alpha);
  return [within(rateOf(counts) - off, 0), within(rateOf(counts) + off, 0)];
}
