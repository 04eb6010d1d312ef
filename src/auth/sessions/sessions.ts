import { randomUUID } from 'node:crypto';

import { Inject, Injectable, Logger } from '@nestjs/common';

import { Clock, KeyRing, openPhone, type PhoneNumber } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { VerificationNotFound } from '../../verification/index.js';
import { refreshTokenRefused, SessionNotFound } from '../auth.errors.js';
import { hashOf, newRefreshToken } from '../tokens/refresh-token.js';
import { lifetimeOf, Tokens, type TokenSubject } from '../tokens/tokens.js';
import * as sql from './session.sql.js';

const DAY_SECS = 86_400;
/** A session ends then, whatever happens. */
const LIFE_SECS = 90 * DAY_SECS;
/** And then, unless it is refreshed. */
const IDLE_SECS = 30 * DAY_SECS;
const CLIENT_CHARACTERS = 160;

/** What a client keeps of a session; texts are secrets. */
export interface TokenPair {
  readonly accessToken: string;
  readonly tokenType: 'Bearer';
  /** Seconds. */
  readonly expiresIn: number;
  /** Good for one use. */
  readonly refreshToken: string;
  /** Seconds. */
  readonly refreshExpiresIn: number;
}

/** Who sent a request with an access token. */
export interface SignedIn {
  readonly userId: string;
  readonly userSince: Date;
  readonly sessionId: string;
  readonly signedInAt: Date;
  readonly phone: PhoneNumber;
}

export type RevokedBecause = 'logout' | 'logout-everywhere' | 'by-another-session';

/** Opens, continues and ends sessions. Each method is one statement. @throws {DatabaseUnavailable} and then nothing was issued */
@Injectable()
export class Sessions {
  private readonly logger = new Logger('Sessions');

  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly tokens: Tokens,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * For whoever just proved to hold that phone; makes the user if there is none.
   * @param client User-Agent
   * @throws {VerificationNotFound} when the phone was erased since
   */
  async open(
    verification: string,
    phone: PhoneNumber,
    client: string | undefined,
  ): Promise<{ tokens: TokenPair; userId: string; isNew: boolean }> {
    const key = this.keys.lookupKey('phone', phone.line);
    const { version, data: sealed } = this.keys.seal(phone.e164, key);
    const [session, refreshToken] = [randomUUID(), newRefreshToken()];
    const row = await this.one(sql.SIGN_IN, {
      verification,
      ...{ key, former: this.keys.formerLookupKey('phone', phone.line), sealed, version, user: randomUUID(), session },
      ...{ client: clientOf(client), hash: hashOf(refreshToken)!, life_secs: LIFE_SECS, idle_secs: IDLE_SECS },
      at: this.clock.databaseTime(),
    });
    const { user_id: userId, is_new: isNew, at } = row as sql.SignedInRow;
    if (userId === null) throw new VerificationNotFound();
    this.logger.log(`session ${session} opened by ${isNew ? 'new ' : ''}user ${userId}`);
    const subject = { userId, sessionId: session, issuedAt: at, authenticatedAt: at };
    return { tokens: await this.pairOf(subject, refreshToken, row as sql.SignedInRow), userId, isNew };
  }

  /** @throws {TokenRefused} also when it was used before: then the session is revoked, since one of the two who have it stole it */
  async refresh(token: string): Promise<TokenPair> {
    const hash = hashOf(token);
    if (!hash) throw refreshTokenRefused();
    const next = newRefreshToken();
    const at = this.clock.databaseTime();
    const row = (await this.one(sql.REFRESH, {
      hash,
      next: hashOf(next)!,
      idle_secs: IDLE_SECS,
      at,
    })) as sql.RefreshedRow;
    if (row.revoked_now)
      this.logger.warn(
        `security: a refresh token of session ${row.session_id} (user ${row.user_id}) was used twice; session revoked`,
      );
    if (row.state !== 'refreshed') throw refreshTokenRefused();
    const { user_id: userId, session_id: sessionId, at: issuedAt, signed_in_at: authenticatedAt } = row;
    return this.pairOf({ userId, sessionId, issuedAt, authenticatedAt }, next, row);
  }

  /** Who sent it; undefined when it is no access token of ours, or its session has ended. */
  async bearerOf(accessToken: string): Promise<SignedIn | undefined> {
    const claims = await this.tokens.read('access', accessToken);
    if (!claims) return undefined;
    const { userId, sessionId, expiresAt } = claims;
    const parameters = { session: sessionId, user: userId, expires: expiresAt, at: this.clock.databaseTime() };
    const [row] = await this.database.query<sql.BearerRow>(sql.BEARER, valuesFor(sql.BEARER, parameters));
    if (!row) return undefined;
    const phone = openPhone(this.keys, row);
    return { userId, sessionId, phone, signedInAt: row.signed_in_at, userSince: row.user_since };
  }

  /** Those that are open, last used first; at most 100. */
  list(userId: string): Promise<sql.SessionRow[]> {
    const values = valuesFor(sql.LIST, { user: userId, at: this.clock.databaseTime() });
    return this.database.query<sql.SessionRow>(sql.LIST, values);
  }

  /** @param sessionId null: all of the user's @throws {SessionNotFound} when there was nothing to end */
  async revoke(userId: string, sessionId: string | null, because: RevokedBecause): Promise<void> {
    const parameters = { user: userId, only: sessionId, because, at: this.clock.databaseTime() };
    const { revoked } = (await this.one(sql.REVOKE, parameters)) as { revoked: number };
    if (revoked === 0) throw new SessionNotFound();
    this.logger.log(
      `${sessionId ? `session ${sessionId}` : `${revoked} sessions`} of user ${userId} revoked: ${because}`,
    );
  }

  private async pairOf(
    subject: Omit<TokenSubject, 'jti'>,
    refreshToken: string,
    { refresh_secs }: { readonly refresh_secs: number },
  ): Promise<TokenPair> {
    const accessToken = await this.tokens.sign('access', { ...subject, jti: randomUUID() });
    const expiresIn = lifetimeOf('access');
    return { accessToken, tokenType: 'Bearer', expiresIn, refreshToken, refreshExpiresIn: refresh_secs };
  }

  private async one<P extends object>(statement: Parameters<typeof valuesFor<P>>[0], parameters: P): Promise<object> {
    const [row] = await this.database.query<object>(statement, valuesFor(statement, parameters));
    if (!row) throw new Error(`${statement.name} returned no row`);
    return row;
  }
}

/** As far as it can be shown anywhere. Digits in a row might be a phone. */
function clientOf(text: string | undefined): string | null {
  const shown = text
    ?.replace(/[^ -~]/g, '')
    .replace(/\d{5,}/g, '*')
    .slice(0, CLIENT_CHARACTERS)
    .trim();
  return shown || null;
}
