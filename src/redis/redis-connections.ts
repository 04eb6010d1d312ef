import { Logger } from '@nestjs/common';
import type { Redis as Client, RedisOptions as ClientOptions } from 'ioredis';

import { isRefusal, reasonOf, RedisUnavailable } from './redis-unavailable.js';
import { Redis, type Script } from './redis.js';

const LONGEST_PAUSE_MS = 1_000;
const PING_LIFE_MS = 10_000;

export interface RedisServer {
  /** redis:// or rediss://, with a user, a password and a database number if need be; `?keyPrefix=` goes before every key. */
  readonly url: string;
  readonly maxConnections: number;
}

interface Connection {
  readonly client: Client;
  pending: number;
}

/**
 * Connections to one server: one at first, another when all are busy, up to a maximum; each carries several calls at once.
 * They come back by themselves, with pauses of a second at most.
 */
export class RedisConnections extends Redis {
  private readonly logger = new Logger('Redis');
  private readonly connections: Connection[] = [];
  /** Undefined until the first word. */
  private isUp: boolean | undefined;
  private failure = 'not connected yet';
  private closing = false;

  private constructor(
    private readonly connect: () => Client,
    private readonly max: number,
  ) {
    super();
  }

  /** Waits for the first connection, but not for long: a server that is away now is back later. */
  static async open({ url, maxConnections }: RedisServer): Promise<RedisConnections> {
    const { Redis: Client } = await import('ioredis'); // takes 0.1 s to load, so only where it is needed
    const address = new URL(url);
    const keyPrefix = address.searchParams.get('keyPrefix') ?? '';
    address.search = ''; // ioredis would take any of the options below from it
    const options: ClientOptions = {
      keyPrefix,
      connectionName: 'sixdigit',
      protocol: 2, // all that is needed here, and understood by servers and proxies of any age
      lazyConnect: true,
      connectTimeout: Redis.deadlineMs,
      commandTimeout: Redis.deadlineMs,
      socketTimeout: Redis.deadlineMs, // a connection that does not answer is given up, so that the next call need not wait
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(50 * 2 ** times, LONGEST_PAUSE_MS),
    };
    const redis = new RedisConnections(() => new Client(address.href, options), maxConnections);
    await redis.add();
    return redis;
  }

  async run({ sha, text }: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const given = [...keys, ...args];
    return this.call((client) =>
      client.evalsha(sha, keys.length, ...given).catch((error: unknown) => {
        if (reasonOf(error) !== 'NOSCRIPT') throw error; // else it was restarted or flushed, or sees the script for the first time
        return client.eval(text, keys.length, ...given);
      }),
    );
  }

  async ping(): Promise<void> {
    await this.call((client) => client.set('sixdigit:ping', 1, 'PX', PING_LIFE_MS));
  }

  close(): void {
    this.closing = true; // and no alarm
    for (const { client } of this.connections) client.disconnect();
  }

  private async call<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const connection = this.choose();
    connection.pending++;
    try {
      return await work(connection.client);
    } catch (error) {
      throw new RedisUnavailable(reasonOf(error), !isRefusal(error));
    } finally {
      connection.pending--;
    }
  }

  private choose(): Connection {
    const [first, ...others] = this.connections.filter(({ client }) => client.status === 'ready');
    if (!first) throw new RedisUnavailable(this.failure);
    const least = others.reduce((best, next) => (next.pending < best.pending ? next : best), first);
    const allAreUp = others.length + 1 === this.connections.length;
    if (least.pending > 0 && allAreUp && this.connections.length < this.max) void this.add();
    return least;
  }

  private async add(): Promise<void> {
    const client = this.connect();
    this.connections.push({ client, pending: 0 });
    client.on('error', (error: Error) => (this.failure = reasonOf(error)));
    client.on('ready', () => this.tell(client));
    client.on('close', () => this.tell(client));
    await client.connect().catch(() => undefined); // it tries again by itself
  }

  private tell(client: Client): void {
    if (this.closing) return;
    const isUp = this.connections.some(({ client }) => client.status === 'ready');
    if (isUp === this.isUp) return;
    this.isUp = isUp;
    if (isUp) {
      this.logger.log('Redis answers');
      void this.warnOfEviction(client).catch(() => undefined); // it need not tell
    } else this.logger.error(`Redis is away: ${this.failure}; nothing is sent until it is back`);
  }

  /** A window that is evicted is an empty one: its phone may get everything again. */
  private async warnOfEviction(client: Client): Promise<void> {
    const memory = await client.info('memory');
    const policy = /^maxmemory_policy:(.+?)\r?$/m.exec(memory)?.[1];
    if (!policy || policy === 'noeviction' || /^maxmemory:0\r?$/m.test(memory)) return;
    this.logger.warn(
      `Redis forgets limits when its memory is full: set its maxmemory-policy from ${policy} to noeviction`,
    );
  }
}
