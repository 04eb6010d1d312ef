import { setTimeout as wait } from 'node:timers/promises';

import { deadline as begin } from './deadline.js';

const open: (() => void)[] = [];
afterEach(() => open.splice(0).forEach((release) => release()));

function deadline(ms: number) {
  const begun = begin(ms);
  open.push(begun.release);
  return begun;
}

describe('deadline', () => {
  it('is aborted when the time is up, and says so', async () => {
    const { signal, release } = deadline(10);
    await wait(50);
    expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
    release();
    expect(deadline(10_000).signal.aborted).toBe(false);
  });

  it('never ends another that has its signal', async () => {
    const first = deadline(20);
    first.release();
    const second = deadline(10_000);
    expect(second.signal).toBe(first.signal);
    await wait(60);
    expect(second.signal.aborted).toBe(false);
    second.release();
  });

  it('is let go of once, however often that is said', () => {
    const { release } = deadline(10_000);
    release();
    release();
    const [one, another] = [deadline(10_000), deadline(10_000)];
    expect(one.signal).not.toBe(another.signal);
    release(); // it is somebody else's now
    expect(deadline(10_000).signal).not.toBe(one.signal);
  });

  it('keeps no listener for ever', () => {
    const signals = new Set<AbortSignal>();
    for (let use = 0; use < 200; use++) {
      const { signal, release } = deadline(10_000);
      signals.add(signal);
      release();
    }
    expect(signals.size).toBeGreaterThanOrEqual(4);
  });
});
