import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The file is a module of Node, which jest itself loads before there is anything to compile it. */
const text = readFileSync(resolve(__dirname, 'longest-first.mjs'), 'utf8');
const named = [...text.matchAll(/^ {2}'(test\/.+\.spec\.ts)',$/gm)].map(([, path]) => path!);

it('knows suites that are there, each once', () => {
  expect(named.length).toBeGreaterThan(10);
  expect(new Set(named).size).toBe(named.length);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});
