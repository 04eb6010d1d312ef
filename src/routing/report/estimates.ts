import { seeded } from '../learning/beta.js';
import { draw, type Arm } from '../learning/sampler.js';

/** A number that is not known, with the middle 90 % of what it may be. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const DRAWS = 4_000;
/** Always the same, so that a report which is asked for twice says the same twice. */
const SEED = 6;

const estimateOf = (draws: number[]): Estimate => {
  draws.sort((a, b) => a - b);
  const at = (share: number) => draws[Math.floor(share * (draws.length - 1))] ?? 0;
  return { mean: draws.reduce((sum, each) => sum + each, 0) / draws.length, low: at(0.05), high: at(0.95) };
};

/** The conversion rate of an arm. */
export function conversionOf({ belief }: Pick<Arm, 'belief'>): Estimate {
  const random = seeded(SEED);
  const drawn = estimateOf(Array.from({ length: DRAWS }, () => belief.draw(random)));
  return { ...drawn, mean: belief.mean };
}

/** In which share of texts each arm would be asked first. */
export function sharesOf(arms: readonly Arm[], floor: number): ReadonlyMap<string, number> {
  const random = seeded(SEED);
  const counts = new Map(arms.map(({ provider }) => [provider, 0]));
  for (let turn = 0; turn < DRAWS; turn++) {
    const [first = ''] = draw(arms, floor, random).order;
    counts.set(first, (counts.get(first) ?? 0) + 1);
  }
  return new Map([...counts].map(([provider, count]) => [provider, count / DRAWS]));
}

/** How much more would convert, of a text, had `chosen` been asked instead of `asked`; weighed by `count`. */
export function differenceOf(
  choices: readonly { readonly asked: string; readonly chosen: string; readonly count: number }[],
  arms: readonly Arm[],
): Estimate {
  const random = seeded(SEED);
  const total = choices.reduce((sum, { count }) => sum + count, 0);
  const draws = Array.from({ length: DRAWS }, () => {
    const rates = new Map(arms.map(({ provider, belief }) => [provider, belief.draw(random)]));
    const gain = ({ asked, chosen }: (typeof choices)[number]) => (rates.get(chosen) ?? 0) - (rates.get(asked) ?? 0);
    return choices.reduce((sum, choice) => sum + (choice.count * gain(choice)) / total, 0);
  });
  return estimateOf(draws);
}
