import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { onOwnPostgres } from '../setup/servers.js';
import { HOW_TO, stepsOf } from './pages/blocks.js';
import { play } from './pages/play.js';
import type { Step } from './pages/step.js';
import { Server } from './pages/world.js';

jest.setTimeout(600_000);

const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...pagesUnder('docs')].filter(existsSync);
const STEPS = new Map(PAGES.map((page) => [page, stepsOf(page)]));
const all = [...STEPS.values()].flat();
const onServer = process.env.TEST_DATABASE_URL ? describe : onOwnPostgres;

interface Counts {
  /** Blocks of a page that are not run. */
  readonly norun: Readonly<Record<string, number>>;
  /** Blocks whose output is an example. */
  readonly sample: Readonly<Record<string, number>>;
}
const counted = JSON.parse(readFileSync('test/docs/pages/not-run.json', 'utf8')) as Counts;

function pagesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
    .sort();
}

const isRun = (step: Step) => 'marks' in step && !step.marks.norun;

function count(matches: (step: Step) => boolean): Record<string, number> {
  const pairs = PAGES.map((page) => [page, (STEPS.get(page) ?? []).filter(matches).length] as const);
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
});

onServer('run against the program', () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.open();
  });
  afterAll(() => server.close());

  it.each(PAGES.filter((page) => STEPS.get(page)?.some(isRun)))('%s', async (page) => {
    const faults = await play(server, STEPS.get(page) ?? []);
    expect(faults).toEqual([]);
  });
});
