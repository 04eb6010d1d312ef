import { CONTROL } from '../verification/index.js';
import { compare, type Comparison } from './statistics/difference.js';

/** An arm as it is judged. */
export interface JudgedArm {
  readonly name: string;
  readonly accepted: number;
  readonly approved: number;
  readonly isStopped: boolean;
}

export interface Plan {
  /** Of all that may be decided wrongly in this experiment, however often it is looked at. */
  readonly alpha: number;
  readonly minimumSample: number;
}

export interface Verdicts {
  /** Arms whose rate is below that of another that still runs. */
  readonly losers: readonly string[];
  /** Above all others that still run. */
  readonly winner: string | null;
}

/** Below it the estimate is not normal enough; what does harm is stopped from here on. */
export const FEWEST = 100;

/** Every pair of arms is a comparison, so each may err by as much less. */
export const alphaEach = (alpha: number, arms: number): number => alpha / Math.max(1, (arms * (arms - 1)) / 2);

const countsOf = ({ accepted: units, approved: successes }: JudgedArm) => ({ units, successes });

export const compareArms = (first: JudgedArm, second: JudgedArm, { alpha }: Plan, arms: number): Comparison =>
  compare(countsOf(first), countsOf(second), alphaEach(alpha, arms));

/** What is sure by now. Only arms that still run are compared: what was stopped has seen other days. */
export function judge(arms: readonly JudgedArm[], plan: Plan): Verdicts {
  const running = arms.filter(({ isStopped }) => !isStopped);
  const beats = (better: JudgedArm, worse: JudgedArm, fewest: number) =>
    Math.min(better.accepted, worse.accepted) >= fewest &&
    compareArms(worse, better, plan, arms.length).interval[0] > 0;
  const others = (arm: JudgedArm) => running.filter((other) => other !== arm);
  const losers = running.filter(
    (arm) =>
      arm.name !== CONTROL && // it is what all others fall back to
      // What is worse than the plain wording does harm: that is not waited for.
      others(arm).some((other) => beats(other, arm, other.name === CONTROL ? FEWEST : plan.minimumSample)),
  );
  const winner = running.find(
    (arm) => running.length > 1 && others(arm).every((other) => beats(arm, other, plan.minimumSample)),
  );
  return { losers: losers.map(({ name }) => name), winner: winner?.name ?? null };
}
