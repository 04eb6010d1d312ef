import { randomUUID } from 'node:crypto';

import { systemClock } from '../../src/kernel/index.js';
import {
  DatabaseWindows,
  RedisWindows,
  type Quotas,
  type SlidingWindows,
  type WindowRow,
} from '../../src/limits/index.js';
import { RedisConnections } from '../../src/redis/index.js';
import type { Database } from '../../src/prisma/index.js';
import { openTestDatabase } from './database.js';
import { openTestRedis } from './redis.js';

/** A hit that was asked for, and what may become of it if it was taken. */
export interface TestHit extends WindowRow {
  giveBack(): Promise<void>;
  moveTo(at: Date): Promise<void>;
}

/** Sliding windows in one store, as several instances of the program see them. */
export interface TestWindows {
  readonly instances: number;
  /** @param at "now"; null: the store's own clock */
  take(key: Buffer, at: Date | null, quotas: Quotas, instance?: number, formerKey?: Buffer): Promise<TestHit>;
  state(key: Buffer, at: Date, quotas: Quotas): Promise<WindowRow | undefined>;
  close(): Promise<void>;
}

const INSTANCES = 3;
const clockAt = (at: Date | null) => ({ ...systemClock, databaseTime: () => at });

const HITS = { name: 'hits', text: 'SELECT hits[cardinality(hits)]::text AS last FROM limit_windows WHERE key = $1' };
const GIVE_BACK = { name: 'give_back', text: 'SELECT give_back_hit($1, $2::timestamptz)' };
const MOVE = {
  name: 'move',
  text: `UPDATE limit_windows SET hits = ARRAY(SELECT hit FROM unnest(array_replace(hits, $2::timestamptz, $3::timestamptz)) AS hit ORDER BY hit)
    WHERE key = $1`,
};

export async function openDatabaseWindows(): Promise<TestWindows> {
  const test = await openTestDatabase();
  const databases: readonly Database[] = [test.database, await test.another(), await test.another()];
  const at = (time: Date | null, instance = 0): SlidingWindows =>
    new DatabaseWindows(databases[instance] ?? test.database, clockAt(time));
  return {
    instances: INSTANCES,
    take: async (key, time, quotas, instance, formerKey) => {
      const row = await at(time, instance).take({ id: randomUUID(), key, formerKey: formerKey ?? null }, quotas);
      // Only exact while nobody else takes: the newest is ours.
      const mine = async () => (await test.database.query<{ last: string }>(HITS, [key]))[0]?.last;
      let hit = row.refused_by === null && time === null ? await mine() : time?.toISOString();
      return {
        ...row,
        giveBack: async () => void (await test.database.query(GIVE_BACK, [key, hit])),
        moveTo: async (later) => {
          await test.database.query(MOVE, [key, hit, later]);
          hit = later.toISOString();
        },
      };
    },
    state: (key, time, quotas) => at(time).state(key, quotas),
    close: () => test.drop(),
  };
}

export async function openRedisWindows(): Promise<TestWindows> {
  const test = await openTestRedis();
  const open = () => RedisConnections.open({ url: test.url, maxConnections: 5 });
  const servers = await Promise.all(Array.from({ length: INSTANCES }, open));
  const at = (time: Date | null, instance = 0): RedisWindows => new RedisWindows(servers[instance]!, clockAt(time));
  return {
    instances: INSTANCES,
    take: async (key, time, quotas, instance, formerKey) => {
      const id = randomUUID();
      const row = await at(time, instance).take({ id, key, formerKey: formerKey ?? null }, quotas);
      return {
        ...row,
        giveBack: () => at(time).giveBack({ id, key }),
        moveTo: (later) => at(later).move({ id, key }, 0, quotas),
      };
    },
    state: (key, time, quotas) => at(time).state(key, quotas),
    close: async () => {
      for (const server of servers) server.close();
      await test.drop();
    },
  };
}
