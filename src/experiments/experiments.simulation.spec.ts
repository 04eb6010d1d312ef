import { compare, rateInterval } from './statistics/difference.js';
import { sampleRatioPValue } from './statistics/sample-ratio.js';
import { FEWEST, judge, type JudgedArm } from './verdicts.js';

const { imul } = Math;

/** Mulberry32: one seed, one history. */
function randomBy(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const ALPHA = 0.05;
const MOST = 20_000;

/** After how many verifications two arms are told apart by whoever looks after each one; undefined: not among `most`. */
function decidedAfter(
  rates: readonly [number, number],
  share: number,
  random: () => number,
  most: number,
  test: typeof compare = compare,
): { after: number; better: 0 | 1 } | undefined {
  const first = { units: 0, successes: 0 };
  const second = { units: 0, successes: 0 };
  for (let after = 1; after <= most; after++) {
    const isSecond = random() < share;
    const arm = isSecond ? second : first;
    arm.units++;
    if (random() < rates[isSecond ? 1 : 0]) arm.successes++;
    if (first.units < FEWEST || second.units < FEWEST) continue;
    const { interval } = test(first, second, ALPHA);
    if (interval[0] > 0 || interval[1] < 0) return { after, better: interval[0] > 0 ? 1 : 0 };
  }
  return undefined;
}

const shareOf = (runs: number, happens: (seed: number) => boolean) =>
  Array.from({ length: runs }, (_, seed) => happens(seed + 1)).filter(Boolean).length / runs;

describe('looking after every one of 20,000 verifications', () => {
  it.each([
    { rate: 0.7, share: 0.5, runs: 500 },
    { rate: 0.95, share: 0.5, runs: 80 },
    { rate: 0.05, share: 0.5, runs: 80 },
    { rate: 0.7, share: 0.1, runs: 80 },
    { rate: 0.02, share: 0.1, runs: 200 },
    { rate: 0.98, share: 0.9, runs: 200 },
  ])('finds a difference where there is none (rate $rate, share $share) in a share of alpha at most', (given) => {
    const { rate, share, runs } = given;
    const wrong = shareOf(runs, (seed) => decidedAfter([rate, rate], share, randomBy(seed), MOST) !== undefined);
    expect(wrong).toBeLessThanOrEqual(ALPHA);
  });

  it('would be fooled by the usual test, far beyond alpha', () => {
    const usual: typeof compare = (first, second) => {
      const [p, q] = [first.successes / first.units, second.successes / second.units];
      const off = 1.96 * Math.sqrt((p * (1 - p)) / first.units + (q * (1 - q)) / second.units);
      return { difference: q - p, interval: [q - p - off, q - p + off], pValue: 1 };
    };
    const wrong = shareOf(100, (seed) => decidedAfter([0.7, 0.7], 0.5, randomBy(seed), MOST, usual) !== undefined);
    expect(wrong).toBeGreaterThan(0.3);
  });

  it('is not fooled by rates that change by the hour for both', () => {
    const wrong = shareOf(100, (seed) => {
      const random = randomBy(seed);
      let asked = 0;
      // `decidedAfter` asks for the arm, then for the outcome: by turns. The rate swings between 40 and 90 %.
      const swinging = () => {
        if (asked++ % 2 === 0) return random();
        return random() < 0.65 + 0.25 * Math.sin(asked / 4_000) ? 0 : 1;
      };
      return decidedAfter([0.5, 0.5], 0.5, swinging, MOST) !== undefined;
    });
    expect(wrong).toBeLessThanOrEqual(ALPHA);
  });
});

describe('a real difference', () => {
  it.each([
    { rates: [0.7, 0.75] as const, most: 12_000, median: 3_500 },
    { rates: [0.7, 0.6] as const, most: 4_000, median: 1_500 },
  ])('of $rates is found, the right way round', ({ rates, most, median }) => {
    const found = Array.from({ length: 200 }, (_, seed) => decidedAfter(rates, 0.5, randomBy(seed + 1), most));
    const good = found.flatMap((each) => (each?.better === (rates[1] > rates[0] ? 1 : 0) ? [each.after] : []));
    expect(good.length).toBeGreaterThanOrEqual(196);
    expect(good.sort((one, other) => one - other)[100]).toBeLessThan(median);
  });

  it('is within its interval at every look at once', () => {
    const missed = shareOf(100, (seed) => {
      const random = randomBy(seed);
      const counts = [0.7, 0.75].map((rate) => ({ rate, units: 0, successes: 0 }));
      for (let n = 0; n < MOST; n++) {
        const arm = counts[random() < 0.5 ? 1 : 0]!;
        arm.units++;
        if (random() < arm.rate) arm.successes++;
        const [first, second] = counts as [(typeof counts)[0], (typeof counts)[0]];
        if (first.units < FEWEST || second.units < FEWEST) continue;
        const { interval } = compare(first, second, ALPHA);
        if (interval[0] > 0.05 || interval[1] < 0.05) return true;
      }
      return false;
    });
    expect(missed).toBeLessThanOrEqual(ALPHA);
  });
});

describe('the rate of one arm', () => {
  it.each([0.02, 0.97])('of %d is within its interval at every look at once, too', (rate) => {
    const missed = shareOf(300, (seed) => {
      const random = randomBy(seed);
      const counts = { units: 0, successes: 0 };
      while (counts.units < 5_000) {
        counts.units++;
        if (random() < rate) counts.successes++;
        if (counts.units < FEWEST) continue;
        const [low, high] = rateInterval(counts, ALPHA);
        if (rate < low || rate > high) return true;
      }
      return false;
    });
    expect(missed).toBeLessThanOrEqual(ALPHA);
  });
});

describe('several arms', () => {
  const arms = (...rates: readonly number[]) =>
    rates.map((rate, index) => ({
      ...{ rate, name: index === 0 ? 'control' : `arm-${index}`, accepted: 0, approved: 0 },
      isStopped: false,
    }));
  const plan = { alpha: ALPHA, minimumSample: 500 };
  /** Looks every 100 verifications, and stops losers. */
  const play = (rates: readonly number[], seed: number, most: number) => {
    const random = randomBy(seed);
    const all = arms(...rates);
    for (let n = 0; n < most; n++) {
      const running = all.filter(({ isStopped }) => !isStopped);
      const arm = running[Math.floor(random() * running.length)]!;
      arm.accepted++;
      if (random() < arm.rate) arm.approved++;
      if (n % 100 > 0) continue;
      const { losers, winner } = judge(all, plan);
      for (const each of all) if (losers.includes(each.name)) each.isStopped = true;
      if (winner) return { stopped: all.filter(({ isStopped }) => isStopped).map(({ name }) => name), winner };
    }
    return { stopped: all.filter(({ isStopped }) => isStopped).map(({ name }) => name), winner: null };
  };

  it('are told apart wrongly in a share of alpha at most, all pairs together', () => {
    const wrong = shareOf(120, (seed) => {
      const { stopped, winner } = play([0.7, 0.7, 0.7, 0.7], seed, MOST);
      return stopped.length > 0 || winner !== null;
    });
    expect(wrong).toBeLessThanOrEqual(ALPHA);
  });

  it('lose those that do harm, and keep the one that is better', () => {
    const right = shareOf(50, (seed) => {
      const { stopped, winner } = play([0.7, 0.55, 0.78], seed, 30_000);
      return stopped.includes('arm-1') && winner === 'arm-2';
    });
    expect(right).toBeGreaterThanOrEqual(0.98);
  });

  it('decide nothing below the minimum, but stop harm from a hundred on', () => {
    const arm = (name: string, accepted: number, approved: number): JudgedArm => ({
      ...{ name, accepted, approved, isStopped: false },
    });
    const few = { alpha: ALPHA, minimumSample: 1_000 };
    expect(judge([arm('control', 400, 200), arm('b', 400, 380)], few)).toEqual({ losers: [], winner: null });
    expect(judge([arm('control', 1_000, 500), arm('b', 1_000, 950)], few)).toEqual({ losers: [], winner: 'b' });
    expect(judge([arm('control', 400, 380), arm('b', 400, 200)], few)).toEqual({ losers: ['b'], winner: null });
    expect(judge([arm('control', 99, 95), arm('b', 99, 10)], few)).toEqual({ losers: [], winner: null });
  });
});

describe('the sample ratio', () => {
  it('is questioned by chance in a share of alpha at most, at all looks together', () => {
    const wrong = shareOf(200, (seed) => {
      const random = randomBy(seed);
      const units = [0, 0, 0];
      for (let n = 1; n <= 5_000; n++) {
        const at = random() * 100;
        units[at < 50 ? 0 : at < 80 ? 1 : 2]!++;
        if (n % 20 === 0 && sampleRatioPValue(units, [50, 30, 20]) < ALPHA) return true;
      }
      return false;
    });
    expect(wrong).toBeLessThanOrEqual(ALPHA);
  });

  it('is questioned where one arm loses a tenth of its units', () => {
    expect(sampleRatioPValue([5_000, 4_500], [50, 50])).toBeLessThan(0.001);
    expect(sampleRatioPValue([5_000, 4_950], [50, 50])).toBe(1);
    expect(sampleRatioPValue([0, 0], [50, 50])).toBeCloseTo(1, 6);
  });
});
