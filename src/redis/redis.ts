import { createHash } from 'node:crypto';

/** A Lua script: Redis runs it alone, so what it reads stays true until it has written. */
export class Script {
  readonly sha: string;

  constructor(readonly text: string) {
    this.sha = createHash('sha1').update(text).digest('hex');
  }
}

/** A Redis server that all instances share. Every call has a deadline, and none is queued while the server is away. */
export abstract class Redis {
  /** After that long a call without an answer has failed. */
  static readonly deadlineMs = 1_000;

  /** @throws {RedisUnavailable} for whatever keeps the script from its end; what it did until then is not known. */
  abstract run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Writes: a server that only reads is of no use here. @throws {RedisUnavailable} */
  abstract ping(): Promise<void>;
  abstract close(): void;
}
