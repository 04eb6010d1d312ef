import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { rowsOf, STATES, titlesIn } from './asvs-table.js';

/** Numbers of OWASP's ASVS 5.0.0 whose level is 1 or 2. */
const LEVEL_2 = JSON.parse(readFileSync('test/docs/asvs-5.0-level-2.json', 'utf8')) as string[];
const PAGE = readFileSync('docs/security.md', 'utf8');
const ROWS = rowsOf(PAGE);
const bySpec = ROWS.flatMap(({ id, tests }) => tests.map((test) => ({ id, ...test })));
/** What no test can show: how it is made, how it is set up, what is written down. */
const NOTHING_TO_RUN = /^(design: |configuration: |this page|SECURITY\.md)/;

describe('the ASVS table in docs/security.md', () => {
  it('has one row for every requirement of level 1 and 2, in order, and no other', () => {
    expect(ROWS.map(({ id }) => id)).toEqual(LEVEL_2);
  });

  it('knows four states, and gives a reason for all but the first', () => {
    const unclear = ROWS.filter(({ state, because }) => !state || (state === 'met') !== (because === ''));
    expect(unclear.map(({ id }) => id)).toEqual([]);
  });

  it('counts its rows as they are', () => {
    const of = Object.fromEntries(STATES.map((state) => [state, ROWS.filter((row) => row.state === state).length]));
    expect(PAGE).toContain(
      `Of the ${ROWS.length} requirements, ${of['met']} are met, ${of['not met']} are not, ${of['operator']} are for who runs it, and ${of['does not apply']} do not apply.`,
    );
  });

  it('calls nothing met that has no file, or neither a test nor a reason why none can be', () => {
    const met = ROWS.filter(({ state }) => state === 'met');
    const bare = met.filter(
      ({ where, tests, test }) => where.length === 0 || (tests.length === 0 && !NOTHING_TO_RUN.test(test)),
    );
    expect(bare.map(({ id }) => id)).toEqual([]);
  });

  it('names files that are there', () => {
    const paths = ROWS.flatMap(({ id, where, tests }) =>
      [...where, ...tests.map(({ path }) => path)].map((path) => [id, path]),
    );
    expect(paths.filter(([, path = '']) => !existsSync(path))).toEqual([]);
  });

  it('names tests that are there', () => {
    const missing = bySpec.filter(
      ({ path, words }) => existsSync(path) && !titlesIn(path).some((title) => title.includes(words)),
    );
    expect(missing).toEqual([]);
  });

  it('is read whole: every quoted test and path is one that was looked at', () => {
    const [, table = ''] = PAGE.split('## ASVS');
    expect(table.split('\n').filter((line) => /^\| \d/.test(line))).toHaveLength(ROWS.length);
    expect([...table.matchAll(/\.spec\.ts`/g)]).toHaveLength(bySpec.length);
  });

  it('sends readers to sections that are there', () => {
    const sections = [...PAGE.matchAll(/^##+ (.+)$/gm)].map(([, title]) => title);
    const named = ROWS.flatMap(({ test }) => /^this page: (?:the picture, and )?(.+)$/.exec(test)?.[1] ?? []);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((section) => !sections.includes(section))).toEqual([]);
  });

  it('leads to files that are there', () => {
    const links = [...PAGE.matchAll(/\]\((?!https:|#)([^)#]+)/g)].map(([, path = '']) => join('docs', path));
    expect(links.length).toBeGreaterThan(3);
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  });
});
