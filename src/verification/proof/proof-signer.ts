import { createHash } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';

import { KeyRing, type PhoneNumber } from '../../kernel/index.js';
import { VERIFICATION_OPTIONS, type VerificationOptions } from '../verification.options.js';
import { PublishedKeys } from './published-keys.js';
import { signingKeyFrom, type SigningKey } from './signing-keys.js';

const LIFETIME_SECS = 600;

export interface ProofSubject {
  readonly verificationId: string;
  readonly purpose: string;
  readonly phone: PhoneNumber;
  /** Who may rely on it. */
  readonly audience: string;
  /** By the clock that all instances share, so that one whose own is wrong signs no proof of another time. */
  readonly approvedAt: Date;
  /** UUID; the same approval signed again has the same. */
  readonly jti: string;
}

/** Whoever knows the number can compare it; nobody can search a table of all numbers made once for every proof. */
export function phoneHash(jti: string, e164: string): string {
  return createHash('sha256').update(`${jti}.${e164}`).digest('base64url');
}

/**
 * Signs that a phone is held: a JWT (ES256, 10 minutes) that others verify offline against `/.well-known/jwks.json`. It
 * never holds the number itself, only `phone` (masked) and `phone_hash`.
 */
@Injectable()
export class ProofSigner {
  private readonly signingKeys: readonly SigningKey[];

  constructor(
    keys: KeyRing,
    published: PublishedKeys,
    @Inject(VERIFICATION_OPTIONS) private readonly options: VerificationOptions,
  ) {
    this.signingKeys = keys.signingSeeds('proof').map(signingKeyFrom);
    published.add(this.signingKeys);
  }

  sign({ verificationId, purpose, phone, audience, approvedAt, jti }: ProofSubject): Promise<string> {
    const [{ privateKey, publicJwk }] = this.signingKeys as [SigningKey];
    const iat = Math.floor(approvedAt.getTime() / 1_000);
    return new SignJWT({ purpose, phone: phone.masked, phone_hash: phoneHash(jti, phone.e164) })
      .setProtectedHeader({ alg: 'ES256', kid: publicJwk.kid, typ: 'proof+jwt' })
      .setIssuer(this.options.issuer)
      .setSubject(verificationId)
      .setAudience(audience)
      .setJti(jti)
      .setIssuedAt(iat)
      .setExpirationTime(iat + LIFETIME_SECS)
      .sign(privateKey);
  }
}
