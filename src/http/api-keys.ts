import { createHash, timingSafeEqual } from 'node:crypto';

import type { Caller, Scope } from './caller.js';
import { ISSUED_KEY, type IssuedKeys } from './issued-keys.js';

export interface ApiKey {
  readonly name: string;
  readonly key: string;
}

/** The environment's keys are for backends; what operators do needs a key made for it. */
const OF_ENVIRONMENT: readonly Scope[] = ['verify', 'message'];
const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Who a key belongs to. Only hashes are kept, and those of the environment are all compared in the same time. */
export class ApiKeys {
  private readonly hashes: readonly { readonly caller: Caller; readonly hash: Buffer }[];

  /** @param issued those that operators made, where there are any */
  constructor(
    keys: readonly ApiKey[],
    private readonly issued?: IssuedKeys,
  ) {
    this.hashes = keys.map(({ name, key }) => ({ caller: { name, scopes: OF_ENVIRONMENT }, hash: sha256(key) }));
  }

  /** @throws {DomainError} when nobody can tell whether it is one that an operator made */
  callerWith(key: string): Caller | undefined | Promise<Caller | undefined> {
    const hash = sha256(key);
    const own = this.hashes.filter((known) => timingSafeEqual(known.hash, hash))[0]?.caller;
    if (own || !this.issued || !ISSUED_KEY.test(key)) return own;
    return this.issued.callerWith(hash.toString('hex'));
  }
}
