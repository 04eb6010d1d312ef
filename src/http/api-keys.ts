import { createHash, timingSafeEqual } from 'node:crypto';

export interface ApiKey {
  readonly name: string;
  readonly key: string;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** Who a key belongs to. Only hashes are kept, and all are compared in the same time. */
export class ApiKeys {
  private readonly hashes: readonly { readonly name: string; readonly hash: Buffer }[];

  constructor(keys: readonly ApiKey[]) {
    this.hashes = keys.map(({ name, key }) => ({ name, hash: sha256(key) }));
  }

  nameOf(key: string): string | undefined {
    const hash = sha256(key);
    return this.hashes.filter((known) => timingSafeEqual(known.hash, hash))[0]?.name;
  }
}
