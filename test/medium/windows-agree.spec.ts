import { randomBytes } from 'node:crypto';

import fc from 'fast-check';

import type { WindowRow } from '../../src/limits/index.js';
import { onRedis } from '../setup/redis.js';
import { openDatabaseWindows, openRedisWindows, type TestHit, type TestWindows } from '../setup/windows.js';

const QUOTAS = [
  { quotas: [2, 4], secs: [10, 30] },
  { quotas: [3], secs: [5] },
  { quotas: [5, 20], secs: [3_600, 86_400] },
  { quotas: [6, 2, 3], secs: [30, 30, 7] },
] as const;
/** On the edges of the windows, and beside them; never 0, as SQL tells hits apart by their times. */
const PAUSES_MS = [1, 999, 1_000, 1_001, 2_500, 4_999, 5_000, 9_999, 10_000, 10_001, 30_000, 3_599_999, 82_800_000];

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ kind: 'take' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('give back' as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('move' as const), which: fc.nat(50) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'new secret' as const }) },
);
const story = fc.record({
  limits: fc.constantFrom(...QUOTAS),
  steps: fc.array(fc.tuple(fc.constantFrom(...PAUSES_MS), step), { minLength: 1, maxLength: 40 }),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

onRedis('Redis and SQL', () => {
  let database: TestWindows;
  let redis: TestWindows;
  beforeAll(async () => void ([database, redis] = await Promise.all([openDatabaseWindows(), openRedisWindows()])));
  afterAll(() => Promise.all([database.close(), redis.close()]));

  it('answer the same to the same, whatever happens to a window', async () => {
    const property = fc.asyncProperty(story, async (told) => {
      expect(await answers(redis, told)).toEqual(await answers(database, told));
    });
    await fc.assert(property, { numRuns: 150, interruptAfterTimeLimit: 30_000, markInterruptAsFailure: false });
  }, 60_000);
});

/** Everything that a store says while the story is played to it. */
async function answers(windows: TestWindows, { limits, steps }: Story): Promise<readonly unknown[]> {
  const said: unknown[] = [];
  const taken: { hit: TestHit; atMs: number }[] = [];
  const longestMs = Math.max(...limits.secs) * 1_000;
  let key = randomBytes(32);
  let former: Buffer | undefined;
  let nowMs = Date.UTC(2026, 0, 1);
  for (const [pauseMs, what] of steps) {
    nowMs += pauseMs;
    const now = new Date(nowMs);
    if (what.kind === 'take') {
      const hit = await windows.take(key, now, limits, 0, former);
      if (hit.refused_by === null) taken.push({ hit, atMs: nowMs });
      said.push(shown(hit));
    } else if (what.kind === 'new secret') {
      [former, key] = [key, randomBytes(32)];
      taken.length = 0; // they were told about under their own key
    } else {
      const one = taken[what.which % taken.length];
      if (!one || nowMs - one.atMs >= longestMs) continue;
      if (what.kind === 'move') await one.hit.moveTo(now);
      else await one.hit.giveBack();
      if (what.kind === 'move') one.atMs = nowMs;
    }
    said.push(shown(await windows.state(key, now, limits)));
  }
  return said;
}

/** A window that nothing is in: there or not is the same. */
const shown = (row: WindowRow | undefined) =>
  row === undefined || row.resets?.every((secs) => secs === 0)
    ? 'empty'
    : { by: row.refused_by, after: row.retry_after, remaining: row.remaining, resets: row.resets };
