import { randomBytes } from 'node:crypto';

import type { WindowRow } from '../../src/limits/index.js';
import type { Database } from '../../src/prisma/index.js';
import { openTestDatabase, type TestDatabase } from '../setup/database.js';

const HOUR = 3_600;
const DAY = 86_400;
const TAKE = { name: 'take', text: 'SELECT *, hit_at::text AS hit_text FROM take_hit($1, $2, $3, $4)' };
const GIVE_BACK = { name: 'give_back', text: 'SELECT give_back_hit($1, $2::timestamptz)' };

type Hit = WindowRow & { readonly hit_text: string };

describe('the sliding windows', () => {
  let test: TestDatabase;
  let instances: readonly Database[];
  let phone: Buffer;

  beforeAll(async () => {
    test = await openTestDatabase();
    instances = [test.database, await test.another(), await test.another()];
  });
  afterAll(() => test.drop());
  beforeEach(() => (phone = randomBytes(32)));

  const take = async (at: Date | null = null, database: Database = test.database): Promise<Hit> => {
    const [row] = await database.query<Hit>(TAKE, [phone, [5, 20], [HOUR, DAY], at]);
    return row as Hit;
  };
  const taken = (rows: readonly Hit[]) => rows.filter(({ refused_by }) => refused_by === null).length;

  it('lets exactly 5 of 60 concurrent callers on 3 instances through', async () => {
    for (let round = 0; round < 5; round++) {
      phone = randomBytes(32);
      const rows = await Promise.all(Array.from({ length: 60 }, (_, index) => take(null, instances[index % 3])));
      expect(taken(rows)).toBe(5);
    }
  });

  it('never lets more than 5 into any hour or 20 into any day, in whatever rhythm they come', async () => {
    const start = Date.UTC(2026, 0, 1);
    const hits: number[] = [];
    let seed = 42;
    const random = () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    for (let at = start; at < start + 3 * DAY * 1_000; at += Math.floor(random() * 1_200_000)) {
      if ((await take(new Date(at))).refused_by === null) hits.push(at);
    }
    const most = (windowMs: number) =>
      Math.max(...hits.map((from) => hits.filter((hit) => hit >= from && hit < from + windowMs).length));
    expect(most(HOUR * 1_000)).toBe(5);
    expect(most(DAY * 1_000)).toBe(20);
  });

  it('names the limit and the seconds until it opens, and opens exactly then', async () => {
    const at = (secs: number) => new Date(Date.UTC(2026, 0, 1) + secs * 1_000);
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
    const at = (secs: number) => new Date(Date.UTC(2026, 0, 1) + secs * 1_000);
    for (let hit = 0; hit < 20; hit++) await take(at(hit * 1_000));
    expect(await take(at(20_000))).toMatchObject({ refused_by: 2, retry_after: DAY - 20_000 });
  });

  it('is not extended by refused requests', async () => {
    const at = (secs: number) => new Date(Date.UTC(2026, 0, 1) + secs * 1_000);
    for (let hit = 0; hit < 5; hit++) await take(at(0));
    for (let secs = 1; secs < HOUR; secs += 60) expect((await take(at(secs))).refused_by).toBe(1);
    expect((await take(at(HOUR))).refused_by).toBeNull();
  });

  it('gets back exactly the one hit that was never sent', async () => {
    const hits = [];
    for (let hit = 0; hit < 5; hit++) hits.push(await take());
    await test.database.query(GIVE_BACK, [phone, hits[2]?.hit_text]);
    expect((await take()).refused_by).toBeNull();
    expect((await take()).refused_by).toBe(1);
  });
});
