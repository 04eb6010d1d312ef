import { setImmediate as turn } from 'node:timers/promises';

import { DatabaseError } from 'pg';

import { DatabaseUnavailable } from './database.js';
import { MOST_TOGETHER } from './records.js';
import { Together } from './together.js';

interface Asked {
  readonly items: readonly string[];
  answer(rows: readonly { n: number; word: string }[]): void;
  fail(error: Error): void;
}

let asked: Asked[];
let patienceEnds: () => void;
let together: Together<string, { n: number; word: string }>;

const turns = async () => {
  for (let n = 0; n < 5; n++) await turn();
};
/** What was asked about since, one statement after the other. */
const items = () => asked.map((each) => [...each.items]);
const rowsOf = (each: Asked | undefined) => each!.items.map((item, n) => ({ n, word: item.toUpperCase() }));
const about = (...words: string[]) =>
  words.map((word) =>
    together.about(word).then(
      (row) => row?.word ?? 'no row',
      (error: Error) => error.message,
    ),
  );

beforeEach(() => {
  asked = [];
  const wait = () => new Promise<void>((resolve) => (patienceEnds = resolve));
  together = new Together((words) => new Promise((answer, fail) => asked.push({ items: words, answer, fail })), {
    wait,
  });
});

it('asks about one at once, and about what comes meanwhile together', async () => {
  const first = about('a');
  await turns();
  const others = about('b', 'c', 'd');
  await turns();
  expect(items()).toEqual([['a']]);
  asked[0]!.answer(rowsOf(asked[0]));
  await turns();
  expect(items()).toEqual([['a'], ['b', 'c', 'd']]);
  asked[1]!.answer(rowsOf(asked[1]).reverse());
  expect(await Promise.all([...first, ...others])).toEqual(['A', 'B', 'C', 'D']);
});

it('asks about no more than go into one statement', async () => {
  const words = Array.from({ length: MOST_TOGETHER + 3 }, (_, n) => `w${n}`);
  const answers = about(...words);
  await turns();
  asked[0]!.answer(rowsOf(asked[0]));
  await turns();
  expect(items().map(({ length }) => length)).toEqual([MOST_TOGETHER, 3]);
  asked[1]!.answer(rowsOf(asked[1]));
  expect(await Promise.all(answers)).toEqual(words.map((word) => word.toUpperCase()));
});

it('asks once more, alone, about what has no row among others', async () => {
  const answers = about('a', 'b');
  await turns();
  asked[0]!.answer([{ n: 1, word: 'B' }]);
  await turns();
  expect(items()).toEqual([['a', 'b'], ['a']]);
  expect(await answers[1]).toBe('B'); // who is answered waits for nobody
  asked[1]!.answer([]);
  expect(await answers[0]).toBe('no row');
});

it.each([
  ['any error', new Error('of one of them')],
  ['a deadlock', new DatabaseUnavailable(Object.assign(new DatabaseError('', 0, 'error'), { code: '40P01' }))],
])('asks about each alone after %s, so that it meets only whose it is', async (_, error) => {
  const answers = about('a', 'b');
  await turns();
  asked[0]!.fail(error);
  await turns();
  expect(items()).toEqual([['a', 'b'], ['a'], ['b']]);
  asked[1]!.fail(new Error('refused'));
  asked[2]!.answer(rowsOf(asked[2]));
  expect(await Promise.all(answers)).toEqual(['refused', 'B']);
});

it('tells all when the database is away, and asks nothing again: it may have run', async () => {
  const answers = about('a', 'b');
  await turns();
  asked[0]!.fail(new DatabaseUnavailable(new Error('reset'), true));
  const told = 'The database cannot be reached.';
  expect(await Promise.all(answers)).toEqual([told, told]);
  expect(asked).toHaveLength(1);
});

it('waits no longer for others than its patience lasts', async () => {
  const [stuck] = about('a');
  await turns();
  const [next] = about('b');
  await turns();
  expect(items()).toEqual([['a']]);
  patienceEnds();
  await turns();
  expect(items()).toEqual([['a'], ['b']]);
  asked[1]!.answer(rowsOf(asked[1]));
  expect(await next).toBe('B');
  asked[0]!.answer(rowsOf(asked[0]));
  expect(await stuck).toBe('A');
});
