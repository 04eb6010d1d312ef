import { randomUUID } from 'node:crypto';

import { armOf, type Share } from './assignment.js';

const SHARES: readonly Share[] = [
  { name: 'control', weight: 50, isStopped: false },
  { name: 'short', weight: 30, isStopped: false },
  { name: 'formal', weight: 20, isStopped: false },
];
const without = (name: string) => SHARES.map((share) => ({ ...share, isStopped: share.name === name }));

describe('the arm of a verification', () => {
  const experiment = randomUUID();
  const ids = Array.from({ length: 5_000 }, () => randomUUID());
  const countsOf = (shares: readonly Share[]) => {
    const counts: Record<string, number> = {};
    for (const id of ids) {
      const arm = armOf(experiment, id, shares) ?? 'none';
      counts[arm] = (counts[arm] ?? 0) + 1;
    }
    return counts;
  };

  it('is the same whenever it is asked, and comes as often as its weight says', () => {
    for (const id of ids.slice(0, 50)) expect(armOf(experiment, id, SHARES)).toBe(armOf(experiment, id, SHARES));
    const { control, short, formal } = countsOf(SHARES);
    for (const [count, expected] of [
      [control, 2_500],
      [short, 1_500],
      [formal, 1_000],
    ] as const)
      expect(Math.abs((count ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });

  it('stays when another is stopped, whose own are dealt among the rest by their weights', () => {
    for (const id of ids) {
      const before = armOf(experiment, id, SHARES);
      const after = armOf(experiment, id, without('short'));
      if (before !== 'short') expect(after).toBe(before);
    }
    const { control, short, formal } = countsOf(without('short'));
    expect(short).toBeUndefined();
    expect((control ?? 0) / (formal ?? 1)).toBeGreaterThan(2.2);
    expect((control ?? 0) / (formal ?? 1)).toBeLessThan(2.8);
  });

  it('says nothing about the arm in another experiment', () => {
    const other = randomUUID();
    const both = ids.filter(
      (id) => armOf(experiment, id, SHARES) === 'control' && armOf(other, id, SHARES) === 'control',
    );
    expect(Math.abs(both.length - 1_250)).toBeLessThan(180);
  });
});
