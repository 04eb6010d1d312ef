import { createHash, timingSafeEqual } from 'node:crypto';

/** What a key may be used for: verifications, texts and their timelines, or what operators do. */
export const SCOPES = ['verify', 'message', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

export interface ApiKey {
  readonly name: string;
  readonly key: string;
}

/** Who a request comes from, and what it may do. */
export interface Caller {
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** The environment's keys are for backends; what operators do needs a key made for it. */
const OF_ENVIRONMENT: readonly Scope[] = ['verify', 'message'];
const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Who a key belongs to. Only hashes are kept, and all are compared in the same time. */
export class ApiKeys {
  private readonly hashes: readonly { readonly caller: Caller; readonly hash: Buffer }[];

  constructor(keys: readonly ApiKey[]) {
    this.hashes = keys.map(({ name, key }) => ({ caller: { name, scopes: OF_ENVIRONMENT }, hash: sha256(key) }));
  }

  callerWith(key: string): Caller | undefined {
    const hash = sha256(key);
    return this.hashes.filter((known) => timingSafeEqual(known.hash, hash))[0]?.caller;
  }
}
