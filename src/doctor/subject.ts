import type { Examination } from '../config/index.js';
import type { Source } from '../kernel/index.js';

/** By whose clock it was that time, when ours showed `ours`. */
export interface ClockSample {
  readonly whose: string;
  readonly theirs: Date;
  readonly ours: Date;
  /** How far off both may be: what the answer took, and how exactly a clock was told. */
  readonly exactToMs: number;
}

/** What is looked at. */
export interface Subject {
  readonly source: Source;
  readonly config: Examination;
  readonly isProduction: boolean;
  /** Filled by whoever hears a clock on the way. */
  readonly clocks: ClockSample[];
}

/** Whether what a variable says, or the file that it is in, can be believed. */
export const isSound = ({ config }: Subject, ...names: readonly string[]): boolean =>
  !config.faults.some(({ name }) =>
    name.split(' or ').some((each) => names.includes(each) || names.includes(each.replace(/_FILE$/, ''))),
  );
