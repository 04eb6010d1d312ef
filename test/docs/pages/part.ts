import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { onOwnPostgres } from '../../setup/servers.js';
import { stepsOf } from './blocks.js';
import { play } from './play.js';
import type { Step } from './step.js';
import { Server } from './world.js';

/** Files that run the pages between them, commands-1.spec.ts and so on: jest gives a whole file to one of its workers. */
export const PARTS = 4;

/** Every page, with what it has us do. */
export const STEPS: ReadonlyMap<string, readonly Step[]> = new Map(
  ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...pagesUnder('docs')]
    .filter(existsSync)
    .map((page) => [page, stepsOf(page)]),
);

export const isRun = (step: Step): boolean => 'marks' in step && !step.marks.norun;

/** Those that have something to run: the page with most to do into the first part, each other into the one with least so far. */
export function partsOf(steps = STEPS): readonly (readonly string[])[] {
  const pages = [...steps].filter(([, own]) => own.some(isRun)).map(([page, own]) => ({ page, weight: weightOf(own) }));
  const parts = Array.from({ length: PARTS }, () => ({ pages: [] as string[], weight: 0 }));
  for (const { page, weight } of pages.sort((a, b) => b.weight - a.weight)) {
    const lightest = parts.reduce((least, part) => (part.weight < least.weight ? part : least));
    lightest.pages.push(page);
    lightest.weight += weight;
  }
  return parts.map((part) => part.pages);
}

/** Runs the pages of one part, each on a database of its own. @param nth from 1 on */
export function runPart(nth: number): void {
  jest.setTimeout(600_000);
  const onServer = process.env.TEST_DATABASE_URL ? describe : onOwnPostgres;
  onServer('run against the program', () => {
    let server: Server;
    beforeAll(async () => {
      server = await Server.open();
    });
    afterAll(() => server.close());

    it.each(partsOf()[nth - 1]!)('%s', async (page) => {
      expect(await play(server, STEPS.get(page) ?? [])).toEqual([]);
    });
  });
}

/** What takes time: a program for the page, and each start of the command line. */
function weightOf(steps: readonly Step[]): number {
  const starts = steps.filter(isRun).flatMap(({ text }) => text.match(/\bsixdigit |\bnpm run /g) ?? []);
  return 3 + starts.length;
}

function pagesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))
    .sort();
}
