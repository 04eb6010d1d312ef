import type { ArmRow, ExperimentRow } from './experiments.sql.js';
import { rateInterval } from './statistics/difference.js';
import { sampleRatioPValue } from './statistics/sample-ratio.js';
import { alphaEach, compareArms, FEWEST, judge, type JudgedArm } from './verdicts.js';
import { CONTROL } from '../verification/index.js';

/** At which shares of arms are called wrong: rarer than a decision, for a fault of ours is rarer. */
const SUSPICIOUS = 0.01;

export interface ArmReport extends ArmRow {
  /** Approved of accepted; null: nothing was accepted yet. */
  readonly conversion: number | null;
  readonly conversionInterval: readonly [number, number] | null;
  /** Of the conversion to that of `control`, where both have a hundred. */
  readonly difference: number | null;
  readonly differenceInterval: readonly [number, number] | null;
  readonly pValue: number | null;
  readonly decision: 'collecting' | 'baseline' | 'no difference yet' | 'better' | 'worse' | 'stopped' | 'winner';
}

export interface ExperimentReport {
  readonly arms: readonly ArmReport[];
  /** Above all others that run, and surely so. */
  readonly proposal: string | null;
  /** Whether verifications came in the shares of the weights: 1, or close to 0 where they did not. */
  readonly sampleRatio: { readonly assigned: number; readonly accepted: number };
  readonly warnings: readonly string[];
}

export const judged = ({ name, accepted, approved, stoppedAt }: ArmRow): JudgedArm => ({
  ...{ name, accepted, approved },
  isStopped: stoppedAt !== null,
});

/** What is known by now. It may be looked at as often as one likes: every interval and p-value holds at all looks at once. */
export function reportOf(row: ExperimentRow): ExperimentReport {
  const plan = { alpha: row.alpha, minimumSample: row.minimum_sample };
  const control = row.arms.find(({ name }) => name === CONTROL);
  const verdicts = judge(row.arms.map(judged), plan);
  const arms = row.arms.map((arm) => armReport(arm, row, control, verdicts.winner));
  const running = row.arms.filter(({ stoppedAt }) => stoppedAt === null);
  const ratio = (counts: readonly number[]) =>
    running.length < 2
      ? 1
      : sampleRatioPValue(
          counts,
          running.map(({ weight }) => weight),
        );
  const sampleRatio = {
    assigned: ratio(running.map(({ assigned }) => assigned)),
    accepted: ratio(running.map(({ accepted }) => accepted)),
  };
  const warnings = [
    ...(sampleRatio.assigned < SUSPICIOUS
      ? [
          'Verifications did not come in the shares of the weights: something keeps them away, so decide nothing by this.',
        ]
      : []),
    ...(sampleRatio.accepted < SUSPICIOUS && sampleRatio.assigned >= SUSPICIOUS
      ? ['Providers took the texts of one wording more often than of another: look at its length and its words.']
      : []),
  ];
  const proposal = row.status === 'running' ? verdicts.winner : null;
  return { arms, proposal, sampleRatio, warnings };
}

function armReport(arm: ArmRow, row: ExperimentRow, control: ArmRow | undefined, winner: string | null): ArmReport {
  const { accepted: units, approved: successes } = arm;
  const alpha = alphaEach(row.alpha, row.arms.length);
  const isCompared = control !== undefined && arm !== control && Math.min(units, control.accepted) >= FEWEST;
  const compared = isCompared
    ? compareArms(
        judged(control),
        judged(arm),
        { alpha: row.alpha, minimumSample: row.minimum_sample },
        row.arms.length,
      )
    : null;
  // Of a few dozen nothing can be said yet.
  const interval = units >= FEWEST ? rateInterval({ units, successes }, alpha) : null;
  return {
    ...arm,
    conversion: units === 0 ? null : successes / units,
    conversionInterval: interval,
    difference: compared?.difference ?? null,
    differenceInterval: compared?.interval ?? null,
    pValue: compared?.pValue ?? null,
    decision: decisionOn(arm, compared?.interval ?? null, row.winner ?? winner),
  };
}

function decisionOn(
  { name, accepted, stoppedAt }: ArmRow,
  interval: readonly [number, number] | null,
  winner: string | null,
): ArmReport['decision'] {
  if (name === winner) return 'winner';
  if (stoppedAt !== null) return 'stopped';
  if (name === CONTROL && accepted >= FEWEST) return 'baseline';
  if (interval && interval[0] > 0) return 'better';
  if (interval && interval[1] < 0) return 'worse';
  return accepted < FEWEST ? 'collecting' : 'no difference yet';
}
