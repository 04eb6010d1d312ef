import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Redis } from 'ioredis';

import { freePort } from './free-port.js';

const given = process.env.TEST_REDIS_URL;
const isInstalled = spawnSync('redis-server', ['--version']).status === 0;
const must = process.env.CI !== undefined;

/** With the server of TEST_REDIS_URL; in CI there must be one. */
export const onRedis = given || must ? describe : describe.skip;
/** With a server of the test's own, to be stopped and paused; in CI there must be the program. */
export const onOwnRedis = isInstalled || must ? describe : describe.skip;

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

/** A Redis that a test may stop, pause and start again. */
export class OwnRedis {
  private child: ChildProcess | undefined;
  private readonly folder = mkdtempSync(join(tmpdir(), 'sixdigit-redis-'));

  private constructor(readonly port: number) {}

  static async start(...options: readonly string[]): Promise<OwnRedis> {
    const server = new OwnRedis(await freePort());
    await server.up(...options);
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async up(...options: readonly string[]): Promise<void> {
    const own = ['--port', String(this.port), '--save', '', '--appendonly', 'no', '--dir', this.folder];
    this.child = spawn('redis-server', [...own, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    this.child.stdout?.on('data', (chunk) => (said += String(chunk)));
    for (const end = performance.now() + 10_000; !/Ready to accept connections/.test(said); await sleep(10)) {
      if (performance.now() > end) throw new Error(`redis-server did not start:\n${said}`);
    }
  }

  /** Everything in it is gone. */
  async down(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  async command(...words: Command): Promise<unknown> {
    const client = new Redis(this.url, { protocol: 2, lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    await client.connect();
    const [name, ...args] = words;
    return client.call(name, ...args).finally(() => client.disconnect());
  }

  async close(): Promise<void> {
    await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
