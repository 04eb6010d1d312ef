import type { Clock } from '../kernel/index.js';
import { Redis, RedisUnavailable } from '../redis/index.js';
import { ADOPT, FORGET, GIVE_BACK, MOVE, STATE, TAKE } from './redis-windows.lua.js';
import { SlidingWindows, type Hit, type Quotas, type WindowRow } from './sliding-windows.js';

/** now, hits, refused_by, retry_after, remaining, resets; the first alone when the call came too late. */
type Answer = readonly [number, number?, number?, number?, number[]?, number[]?];

/**
 * In Redis: one sorted set a window, which goes with its last hit. For one server or a primary with replicas: in a Redis
 * Cluster the two keys of a changed secret would lie apart. @throws {RedisUnavailable}
 */
export class RedisWindows extends SlidingWindows {
  /** What the server's clock is ahead of our monotonic one, in milliseconds; learned from its every answer. */
  private ahead: number | undefined;

  constructor(
    private readonly redis: Redis,
    private readonly clock: Clock,
  ) {
    super();
  }

  async take({ id, key, formerKey }: Hit, quotas: Quotas): Promise<WindowRow> {
    const answer = (await this.redis.run(TAKE, namesOf(key, formerKey), [
      this.at(),
      this.deadline(),
      id,
      ...flat(quotas),
    ])) as Answer;
    this.ahead = answer[0] / 1_000 - this.clock.monotonic();
    if (answer.length === 1) throw new RedisUnavailable('no answer in time');
    return rowOf(answer);
  }

  async state(key: Uint8Array, quotas: Quotas, formerKey?: Uint8Array | null): Promise<WindowRow | undefined> {
    const answer = (await this.redis.run(STATE, namesOf(key, formerKey), [this.at(), ...flat(quotas)])) as Answer;
    return answer[1] === 0 ? undefined : rowOf(answer);
  }

  async giveBack({ id, key }: Pick<Hit, 'id' | 'key'>): Promise<void> {
    await this.redis.run(GIVE_BACK, [nameOf(key)], [0, id]);
  }

  /** The hit counts from `agoMs` before now on. */
  async move({ id, key }: Pick<Hit, 'id' | 'key'>, agoMs: number, quotas: Quotas): Promise<void> {
    await this.redis.run(MOVE, [nameOf(key)], [this.at(), id, Math.round(agoMs * 1_000), ...flat(quotas)]);
  }

  async forget(key: Uint8Array): Promise<void> {
    await this.redis.run(FORGET, [nameOf(key)], []);
  }

  /** The window of the former key goes on under the new one. */
  async adopt(key: Uint8Array, formerKey: Uint8Array, quotas: Quotas): Promise<void> {
    await this.redis.run(ADOPT, [nameOf(key), nameOf(formerKey)], [0, ...flat(quotas)]);
  }

  private at(): number {
    return (this.clock.databaseTime()?.getTime() ?? 0) * 1_000;
  }

  /** When we stop waiting, by the server's clock; 0 while nothing is known of it. */
  private deadline(): number {
    if (this.ahead === undefined) return 0;
    return Math.round((this.clock.monotonic() + this.ahead + Redis.deadlineMs) * 1_000);
  }
}

const nameOf = (key: Uint8Array): string => `sixdigit:${Buffer.from(key).toString('hex')}`;

const namesOf = (key: Uint8Array, formerKey?: Uint8Array | null) => (formerKey ? [key, formerKey] : [key]).map(nameOf);

const flat = ({ quotas, secs }: Quotas): number[] => quotas.flatMap((quota, index) => [quota, secs[index] ?? 0]);

function rowOf([, , refusedBy, retryAfter, remaining, resets]: Answer): WindowRow {
  return {
    refused_by: refusedBy || null,
    retry_after: retryAfter || null,
    remaining: remaining ?? null,
    resets: resets ?? null,
  };
}
