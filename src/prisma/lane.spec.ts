import { setImmediate as turn } from 'node:timers/promises';

import { Database } from './database.js';
import { Lane } from './lane.js';

/** Answers when it is told to. */
class SlowDatabase extends Database {
  readonly outlivesUs = true;
  readonly asked: { name: string; answer: () => void; fail: (error: Error) => void }[] = [];

  query<Row extends object>({ name }: { name: string }): Promise<Row[]> {
    return new Promise((resolve, reject) => this.asked.push({ name, answer: () => resolve([]), fail: reject }));
  }

  close = () => Promise.reject(new Error('closed'));
}

const statement = (name: string) => ({ name, text: '' });

describe('a lane', () => {
  it('has so many statements under way and no more, and follows its width', async () => {
    const database = new SlowDatabase();
    let width = 2;
    const lane = new Lane(database, () => width);
    const all = ['a', 'b', 'c', 'd'].map((name) => lane.query(statement(name), []));
    await turn();
    expect(database.asked.map(({ name }) => name)).toEqual(['a', 'b']);
    database.asked[0]!.answer();
    await turn();
    expect(database.asked.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    width = 4;
    all.push(lane.query(statement('e'), []));
    await turn();
    expect(database.asked.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    for (const { answer } of database.asked) answer();
    await Promise.all(all);
  });

  it.each([
    [4, 3],
    [2, 1],
    [1, 1],
  ])('of %d connections takes %d, however wide it is', async (most, taken) => {
    const database = new SlowDatabase();
    jest.spyOn(database, 'connections', 'get').mockReturnValue({ total: 0, most, idle: 0, waiting: 0 });
    const lane = new Lane(database, () => 7);
    const all = Array.from({ length: 9 }, () => lane.query(statement('row'), []));
    await turn();
    expect(database.asked).toHaveLength(taken);
    for (let n = 0; n < all.length; n++) {
      for (const { answer } of database.asked) answer();
      await turn();
    }
    await Promise.all(all);
  });

  it('leaves the database to those beside it, and goes on after a failure', async () => {
    const database = new SlowDatabase();
    const lane = new Lane(database, () => 1);
    const [first, second] = [lane.query(statement('first'), []), lane.query(statement('second'), [])];
    void database.query(statement('urgent'));
    await turn();
    expect(database.asked.map(({ name }) => name)).toEqual(['urgent', 'first']);
    database.asked[1]!.fail(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await turn();
    expect(database.asked.map(({ name }) => name)).toEqual(['urgent', 'first', 'second']);
    database.asked[2]!.answer();
    await second;
  });

  it('is not the one to close what it is over', async () => {
    await expect(new Lane(new SlowDatabase(), () => 1).close()).resolves.toBeUndefined();
  });
});
