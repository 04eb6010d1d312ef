import { Injectable } from '@nestjs/common';
import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';

import { KeyRing } from '../../kernel/index.js';
import { PublishedKeys, signingKeyFrom, type SigningKey } from '../../verification/index.js';

/**
 * The keys that access tokens and step-up proofs are signed with: apart from those of verifications' proofs, and published with
 * them. What the previous secret signed is good as long as that secret is in APP_SECRET_PREVIOUS.
 */
@Injectable()
export class LoginKeys {
  readonly current: SigningKey;
  /** By the `kid` of a token. */
  readonly find: JWTVerifyGetKey;

  constructor(keys: KeyRing, published: PublishedKeys) {
    const all = keys.signingSeeds('login').map(signingKeyFrom);
    this.current = all[0]!;
    this.find = createLocalJWKSet({ keys: all.map(({ publicJwk }) => ({ ...publicJwk })) });
    published.add(all);
  }
}
