import { join } from 'node:path';

import { diagnose, exitCodeOf, jsonOf } from '../../src/doctor/index.js';
import type { Source } from '../../src/kernel/index.js';
import { cli } from './cli.js';
import { tempFolder } from './process.js';

export interface Line {
  readonly group: string;
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'fault' | 'skipped';
  readonly found: string;
  readonly mend?: string;
}

export interface Diagnosed {
  readonly code: number | null;
  readonly stdout: string;
  readonly ready: boolean;
  readonly verdict: string;
  readonly checks: readonly Line[];
  readonly seconds: number;
  /** Those of that name. */
  readonly lines: (name: string) => readonly Line[];
}

type Answer = Pick<Diagnosed, 'ready' | 'verdict' | 'checks' | 'seconds'>;
const read = (code: number | null, stdout: string): Diagnosed => {
  const answer = JSON.parse(stdout) as Answer;
  return { code, stdout, ...answer, lines: (name) => answer.checks.filter((each) => each.name === name) };
};

/** What `doctor --json` says, as a process in an empty folder. */
export async function doctorProcess(env: Source, ...args: string[]): Promise<Diagnosed> {
  const { code, stdout } = await cli(['doctor', '--json', ...args], env);
  return read(code, stdout);
}

/** The same in this process, where the start of one would be most of the time. */
export async function doctor(env: Source): Promise<Diagnosed> {
  const folder = tempFolder();
  const diagnosis = await diagnose('0.0.0', folder, { DATA_DIR: join(folder, 'data'), ...env });
  return read(exitCodeOf(diagnosis, false), JSON.stringify(jsonOf(diagnosis)));
}

/** `state found -> mend`, for one expectation. */
export const told = (lines: readonly Line[]): readonly string[] =>
  lines.map(({ state, found, mend }) => `${state} ${found}${mend ? ` -> ${mend}` : ''}`);
