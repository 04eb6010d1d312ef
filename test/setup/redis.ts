import { randomUUID } from 'node:crypto';

import { Redis } from 'ioredis';

const given = process.env.TEST_REDIS_URL;

/** With the server of TEST_REDIS_URL; in CI there must be one. */
export const onRedis = given || process.env.CI !== undefined ? describe : describe.skip;

/** Keys of a test's own on the shared server. */
export interface TestRedis {
  readonly url: string;
  /** Lets time pass for every window: what is moved back by `secs` looks `secs` older. */
  age(secs: number): Promise<void>;
  keys(): Promise<readonly string[]>;
  /** For questions of a test's own; keys are to be given with `prefix`. */
  readonly client: Redis;
  readonly prefix: string;
  drop(): Promise<void>;
}

const AGE = `for _, key in ipairs(KEYS) do
  local flat = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #flat, 2 do redis.call('ZADD', key, string.format('%.0f', flat[i + 1] - ARGV[1] * 1000000), flat[i]) end
end`;

export async function openTestRedis(): Promise<TestRedis> {
  const prefix = `test-${randomUUID()}:`;
  const client = new Redis(given ?? 'redis://TEST_REDIS_URL.is.unset.invalid', { lazyConnect: true });
  await client.connect();
  const keys = async () => {
    const found: string[] = [];
    let cursor = '0';
    do {
      const [next, some] = await client.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 1_000);
      found.push(...some);
      cursor = next;
    } while (cursor !== '0');
    return [...new Set(found)];
  };
  return {
    url: `${given}?keyPrefix=${prefix}`,
    client,
    prefix,
    keys,
    age: async (secs) => {
      const all = await keys();
      await client.eval(AGE, all.length, ...all, secs);
    },
    drop: async () => {
      const all = await keys();
      if (all.length > 0) await client.del(...all);
      client.disconnect();
    },
  };
}

/** A command's name and its arguments. */
export type Command = readonly [string, ...string[]];

/** Asks a server, over a connection of its own. */
export async function ask(url: string, ...[name, ...args]: Command): Promise<unknown> {
  const client = new Redis(url, { protocol: 2, lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => undefined);
  await client.connect();
  return client.call(name, ...args).finally(() => client.disconnect());
}
