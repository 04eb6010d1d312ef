import { readdirSync, readFileSync } from 'node:fs';

import { HOW_TO } from './pages/blocks.js';
import { isRun, PARTS, partsOf, STEPS } from './pages/part.js';
import type { Step } from './pages/step.js';

const all = [...STEPS.values()].flat();

interface Counts {
  /** Blocks of a page that are not run. */
  readonly norun: Readonly<Record<string, number>>;
  /** Blocks whose output is an example. */
  readonly sample: Readonly<Record<string, number>>;
}
const counted = JSON.parse(readFileSync('test/docs/pages/not-run.json', 'utf8')) as Counts;

function count(matches: (step: Step) => boolean): Record<string, number> {
  const pairs = [...STEPS].map(([page, steps]) => [page, steps.filter(matches).length] as const);
  return Object.fromEntries(pairs.filter(([, n]) => n > 0));
}

describe('the commands of every page', () => {
  it('are fenced in a way that says what to do with them', () => {
    const faults = all.flatMap((step) => (step.kind === 'fault' ? [`${step.page}:${step.line}: ${step.text}`] : []));
    expect(faults.length ? `${faults.join('\n')}\n${HOW_TO}` : '').toBe('');
  });

  it.each([
    ['norun', (step: Step) => 'marks' in step && step.marks.norun !== undefined],
    ['sample', (step: Step) => 'marks' in step && step.marks.sample],
  ] as const)('that are marked %s are counted in pages/not-run.json', (mark, matches) => {
    expect(count(matches)).toEqual(counted[mark]);
  });

  it('are run, most of them', () => {
    expect(all.filter(isRun).length).toBeGreaterThan(60);
  });

  it('are run by one of the files beside this one, each page by one alone', () => {
    const pages = [...STEPS].filter(([, steps]) => steps.some(isRun)).map(([page]) => page);
    expect(partsOf().flat().sort()).toEqual(pages.sort());
    const files = readdirSync(__dirname).filter((name) => /^commands-\d+\.spec\.ts$/.test(name));
    const runs = files.map((name) => /^runPart\((\d+)\);$/m.exec(readFileSync(`${__dirname}/${name}`, 'utf8'))?.[1]);
    expect(runs.sort()).toEqual(Array.from({ length: PARTS }, (_, n) => String(n + 1)));
  });
});
