import { setTimeout as sleep } from 'node:timers/promises';

import { Turns } from './turns.js';

describe('turns', () => {
  it('are so many at a time, in order, also after one failed', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    let [now, most] = [0, 0];
    const work = async (index: number) => {
      begun.push(index);
      most = Math.max(most, ++now);
      await sleep(2);
      now--;
      if (index % 3 === 0) throw new Error('on purpose');
    };
    const all = Array.from({ length: 20 }, (_, index) => index);
    const results = await Promise.allSettled(all.map((index) => turns.take(() => work(index))));
    expect(most).toBe(2);
    expect(begun).toEqual(all);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(7);
    expect(await turns.take(() => Promise.resolve('free'))).toBe('free');
  });
});
