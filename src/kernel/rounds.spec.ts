import { setTimeout as wait } from 'node:timers/promises';

import { Rounds } from './rounds.js';

describe('Rounds', () => {
  it('come one after the other, whether one fails or not, until they are stopped', async () => {
    const failures: unknown[] = [];
    let [begun, ended] = [0, 0];
    const work = async () => {
      begun++;
      await wait(5);
      ended++;
      if (begun === 1) throw new Error('first');
    };
    const rounds = new Rounds(work, 1, (error) => failures.push(error));
    rounds.start(0);
    while (begun < 4) {
      expect(begun - ended).toBeLessThanOrEqual(1);
      await wait(1);
    }
    await rounds.stop();
    expect([begun, failures.length]).toEqual([ended, 1]);
    rounds.start(0);
    await wait(20);
    expect(begun).toBe(ended);
    expect(ended).toBe(4);
  });
});
