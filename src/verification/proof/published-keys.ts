import { Injectable } from '@nestjs/common';

import type { PublicJwk, SigningKey } from './signing-keys.js';

/** Every key under which somebody else may verify something of ours. */
@Injectable()
export class PublishedKeys {
  private readonly sets: (readonly SigningKey[])[] = [];

  /** @param keys current key first; the previous one as long as what it signed may still be shown */
  add(keys: readonly SigningKey[]): void {
    this.sets.push(keys);
  }

  /** The current ones first. */
  all(): readonly PublicJwk[] {
    const [current, previous] = [0, 1].map((age) => this.sets.flatMap((keys) => keys[age]?.publicJwk ?? []));
    return [...current!, ...previous!];
  }
}
