import { several, type Diagnosis } from './diagnose.js';
import { GROUPS, type FindingState, type Group } from './finding.js';

const MARKS: Readonly<Record<FindingState, string>> = { ok: '✓', warning: '!', fault: '✗', skipped: '-' };
const COLOURS: Readonly<Record<FindingState, number>> = { ok: 32, warning: 33, fault: 31, skipped: 2 };
const TITLES: Readonly<Record<Group, string>> = {
  program: 'Program',
  environment: 'Environment',
  secrets: 'Secrets',
  storage: 'Storage',
  providers: 'Providers',
  network: 'Network',
  texts: 'Texts and prices',
  clock: 'Clock',
  production: 'What production would refuse',
};

/** Names beyond it push what was found to the right. */
const WIDEST = 34;

/** One line a check, and below a bad one what to do. */
export function reportOf({ findings, verdict, counts, tookMs }: Diagnosis, hasColours: boolean): string {
  const paint = (code: number, text: string) => (hasColours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const width = Math.min(Math.max(...findings.map(({ name }) => name.length)), WIDEST);
  const lines = GROUPS.flatMap((group) => {
    const own = findings.filter((finding) => finding.group === group);
    if (own.length === 0) return [];
    const shown = own.flatMap(({ state, name, found, mend }) => [
      `  ${paint(COLOURS[state], MARKS[state])} ${name.padEnd(width)}  ${state === 'skipped' ? paint(2, found) : found}`,
      ...(mend ? [`    ${''.padEnd(width)}  ${paint(2, 'mend:')} ${mend}`] : []),
    ]);
    return [paint(1, TITLES[group]), ...shown, ''];
  });
  const sum = `${counts.ok} ok, ${several(counts.warning, 'warning')}, ${several(counts.fault, 'fault')}, ${counts.skipped} skipped; ${(tookMs / 1_000).toFixed(1)} s`;
  const colour = counts.fault > 0 ? 31 : counts.warning > 0 ? 33 : 32;
  return [...lines, sum, paint(colour, verdict)].join('\n');
}

/** The stable form for programs: docs/cli.md has its schema. A change that breaks readers gets another `schema`. */
export const jsonOf = ({ version, findings, counts, isReady, verdict, tookMs }: Diagnosis) => ({
  schema: 1,
  version,
  ready: isReady,
  verdict,
  counts,
  checks: findings,
  seconds: tookMs / 1_000,
});

/** Colours are for people who look, and who do not say otherwise: https://no-color.org */
export const wantsColours = (isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean =>
  isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';

/** As linters have it: warnings are told, and fail only who wants that. */
export const exitCodeOf = ({ counts: { fault, warning } }: Diagnosis, strict: boolean): number =>
  fault > 0 || (strict && warning > 0) ? 1 : 0;
