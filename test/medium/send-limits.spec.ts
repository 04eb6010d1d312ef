import { randomBytes } from 'node:crypto';

import { onRedis } from '../setup/redis.js';
import { openDatabaseWindows, openRedisWindows, type TestHit, type TestWindows } from '../setup/windows.js';

const HOUR = 3_600;
const DAY = 86_400;
const QUOTAS = { quotas: [5, 20], secs: [HOUR, DAY] };
const at = (secs: number) => new Date(Date.UTC(2026, 0, 1) + secs * 1_000);

describe('in the database', () => sameFor(openDatabaseWindows));
onRedis('in Redis', () => sameFor(openRedisWindows));

function sameFor(open: () => Promise<TestWindows>): void {
  let windows: TestWindows;
  let phone: Buffer;

  beforeAll(async () => void (windows = await open()));
  afterAll(() => windows.close());
  beforeEach(() => (phone = randomBytes(32)));

  const take = (time: Date | null = null, instance = 0): Promise<TestHit> =>
    windows.take(phone, time, QUOTAS, instance);
  const taken = (rows: readonly TestHit[]) => rows.filter(({ refused_by }) => refused_by === null).length;

  it('lets exactly 5 of 60 concurrent callers on 3 instances through', async () => {
    for (let round = 0; round < 5; round++) {
      phone = randomBytes(32);
      const rows = await Promise.all(Array.from({ length: 60 }, (_, index) => take(null, index % windows.instances)));
      expect(taken(rows)).toBe(5);
    }
  });

  it('never lets more than 5 into any hour or 20 into any day, in whatever rhythm they come', async () => {
    const hits: number[] = [];
    let seed = 42;
    const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    for (let secs = 0; secs < 3 * DAY; secs += Math.floor(random() * 1_200)) {
      if ((await take(at(secs))).refused_by === null) hits.push(secs);
    }
    const most = (width: number) =>
      Math.max(...hits.map((from) => hits.filter((hit) => hit >= from && hit < from + width).length));
    expect(most(HOUR)).toBe(5);
    expect(most(DAY)).toBe(20);
  });

  it('names the limit and the seconds until it opens, and opens exactly then', async () => {
    for (const secs of [0, 10, 20, 30, 40]) await take(at(secs));
    expect(await take(at(100))).toMatchObject({
      refused_by: 1,
      retry_after: HOUR - 100,
      remaining: [0, 15],
      resets: [HOUR - 100, DAY - 100],
    });
    expect(await take(at(HOUR - 1))).toMatchObject({ refused_by: 1, retry_after: 1 });
    expect(await take(at(HOUR))).toMatchObject({ refused_by: null, remaining: [0, 14] });
    expect(await take(at(HOUR + 1))).toMatchObject({ refused_by: 1, retry_after: 9 });
  });

  it('names the day when the day is what is used up', async () => {
    for (let hit = 0; hit < 20; hit++) await take(at(hit * 1_000));
    expect(await take(at(20_000))).toMatchObject({ refused_by: 2, retry_after: DAY - 20_000 });
  });

  it('is not extended by refused requests', async () => {
    for (let hit = 0; hit < 5; hit++) await take(at(0));
    for (let secs = 1; secs < HOUR; secs += 60) expect((await take(at(secs))).refused_by).toBe(1);
    expect((await take(at(HOUR))).refused_by).toBeNull();
  });

  it('gets back exactly the one hit that was never sent', async () => {
    const hits = [];
    for (let hit = 0; hit < 5; hit++) hits.push(await take());
    await hits[2]?.giveBack();
    expect((await take()).refused_by).toBeNull();
    expect((await take()).refused_by).toBe(1);
  });

  it('counts a hit from when it was moved to', async () => {
    const first = await take(at(0));
    for (let hit = 1; hit < 5; hit++) await take(at(hit));
    await first.moveTo(at(60));
    expect(await take(at(HOUR))).toMatchObject({ refused_by: 1, retry_after: 1 });
    for (let hit = 1; hit < 5; hit++) expect((await take(at(HOUR + 4))).refused_by).toBeNull();
    expect(await take(at(HOUR + 4))).toMatchObject({ refused_by: 1, retry_after: 56 });
  });

  it('goes on under a new secret where it stood under the former', async () => {
    const former = phone;
    for (let hit = 0; hit < 4; hit++) await take(at(hit));
    phone = randomBytes(32);
    await take(at(10));
    expect(await windows.take(phone, at(20), QUOTAS, 0, former)).toMatchObject({ refused_by: 1, remaining: [0, 15] });
    expect((await windows.state(former, at(20), QUOTAS))?.remaining?.[0] ?? 0).toBe(0);
  });

  it('shows where it stands without taking anything', async () => {
    expect(await windows.state(phone, at(0), QUOTAS)).toBeUndefined();
    await take(at(0));
    for (const secs of [1, 1, HOUR]) {
      const expected = secs === 1 ? { remaining: [4, 19], resets: [HOUR - 1, DAY - 1] } : { remaining: [5, 19] };
      expect(await windows.state(phone, at(secs), QUOTAS)).toMatchObject({ refused_by: null, ...expected });
    }
  });
}
