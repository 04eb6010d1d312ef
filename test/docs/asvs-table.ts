import { readFileSync } from 'node:fs';

export const STATES = ['met', 'not met', 'operator', 'does not apply'] as const;
export type State = (typeof STATES)[number];

export interface Evidence {
  readonly path: string;
  /** Words of the name of a test in it. */
  readonly words: string;
}

export interface Row {
  /** Of the requirement, such as 6.5.1. */
  readonly id: string;
  readonly state: State | undefined;
  /** What stands behind the state: why, or whose job it is. */
  readonly because: string;
  readonly where: readonly string[];
  readonly tests: readonly Evidence[];
  /** The last cell as it is written. */
  readonly test: string;
}

/** The rows of every table of the page that begin with the number of a requirement. */
export function rowsOf(markdown: string): Row[] {
  return [...markdown.matchAll(/^\| (\d+\.\d+\.\d+) \|(.+)\|$/gm)].map(([, id = '', rest = '']) => {
    const [, state = '', where = '', test = ''] = rest.split(' | ').map((cell) => cell.trim());
    const [head = '', ...tail] = state.split(': ');
    return {
      id,
      state: STATES.find((known) => known === head),
      because: tail.join(': '),
      where: [...where.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path),
      tests: [...test.matchAll(/`([^`]+)` "([^"]+)"/g)].map(([, path = '', words = '']) => ({ path, words })),
      test,
    };
  });
}

const TITLE = /(?:\b(?:it|test|describe)(?:\.\w+)*|\)|\])\(\s*(['"`])((?:(?!\1)[^\\\n]|\\.)*)\1/g;

/** Names of tests in a file, those of tables included. */
export function titlesIn(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(TITLE)].map(([, , title = '']) => title.replace(/\\(.)/g, '$1'));
}
