import { StartRefusal } from '../kernel/index.js';

/** One thing that is wrong with the environment. */
export interface ConfigFault {
  /** The variable; alternatives as `A or B`. */
  readonly name: string;
  /** What is wrong, as the sentence's rest after the name; never repeats a secret. */
  readonly problem: string;
  /** What to do about it, as one sentence. */
  readonly mend: string;
}

/** The environment does not make a configuration; lists every fault at once, one a line. */
export class ConfigRefusal extends StartRefusal {
  override readonly name = 'ConfigRefusal';
  readonly exitCode = 78;

  constructor(readonly faults: readonly ConfigFault[]) {
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    const lines = faults.map(({ name, problem, mend }) => `  ${name}: ${problem} ${mend}`);
    super([`The configuration has ${count}:`, ...lines].join('\n'));
  }
}
