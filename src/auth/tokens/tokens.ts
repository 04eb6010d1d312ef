import { Inject, Injectable } from '@nestjs/common';
import { errors, jwtVerify, SignJWT, type JWTPayload } from 'jose';

import { isUuid } from '../../kernel/index.js';
import { AUTH_OPTIONS, type AuthOptions } from '../auth.options.js';
import { LoginKeys } from './login-keys.js';

/** RFC 8176: a code, by text. */
const AMR = ['sms', 'otp'];

/** What may be signed here. Each kind has a `typ` and an `aud` of its own, so that none is taken for another. */
const KINDS = {
  access: { typ: 'at+jwt', acr: 'urn:sixdigit:acr:sms', audience: (own: string) => own, lifetimeSecs: 900 },
  stepUp: {
    typ: 'step-up+jwt',
    acr: 'urn:sixdigit:acr:sms-fresh',
    audience: (own: string) => `${own}#step-up`,
    lifetimeSecs: 300,
  },
} as const;
export type TokenKind = keyof typeof KINDS;

/** Seconds that a token of that kind is good for. */
export const lifetimeOf = (kind: TokenKind): number => KINDS[kind].lifetimeSecs;

export interface TokenSubject {
  readonly userId: string;
  readonly sessionId: string;
  /** UUID. */
  readonly jti: string;
  /** Times are the database's, so that one whose own clock is wrong signs nothing of another time. */
  readonly issuedAt: Date;
  /** When the person last entered a code. */
  readonly authenticatedAt: Date;
}

/** What a token says, once its signature, kind, issuer and audience are right. */
export interface TokenClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly jti: string;
  /** Not looked at yet: the statement that reads the session does, by the clock that all instances share. */
  readonly expiresAt: Date;
  readonly payload: JWTPayload;
}

/** Signs and reads JWTs (ES256): access tokens by RFC 9068, but for `client_id`, since there are no clients; and step-up proofs. */
@Injectable()
export class Tokens {
  constructor(
    private readonly keys: LoginKeys,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
  ) {}

  sign(kind: TokenKind, subject: TokenSubject, more: JWTPayload = {}): Promise<string> {
    const { privateKey, publicJwk } = this.keys.current;
    const { typ, acr, audience, lifetimeSecs } = KINDS[kind];
    const iat = secsOf(subject.issuedAt);
    return new SignJWT({ ...more, sid: subject.sessionId, auth_time: secsOf(subject.authenticatedAt), amr: AMR, acr })
      .setProtectedHeader({ alg: 'ES256', kid: publicJwk.kid, typ })
      .setIssuer(this.options.issuer)
      .setAudience(audience(this.options.audience))
      .setSubject(subject.userId)
      .setJti(subject.jti)
      .setIssuedAt(iat)
      .setExpirationTime(iat + lifetimeSecs)
      .sign(privateKey);
  }

  /** Undefined for whatever is not a token of that kind, signed by us. */
  async read(kind: TokenKind, token: string): Promise<TokenClaims | undefined> {
    const { typ, audience } = KINDS[kind];
    try {
      const { payload } = await jwtVerify(token, this.keys.find, {
        algorithms: ['ES256'],
        typ,
        issuer: this.options.issuer,
        audience: audience(this.options.audience),
        requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
        currentDate: new Date(0), // never too old for jose: see expiresAt
      });
      const [userId, sessionId, jti] = [payload.sub, payload.sid, payload.jti].map(String);
      if (![userId, sessionId, jti].every((id) => isUuid(id!))) return undefined;
      return { userId: userId!, sessionId: sessionId!, jti: jti!, expiresAt: new Date(payload.exp! * 1_000), payload };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}

const secsOf = (date: Date): number => Math.floor(date.getTime() / 1_000);
