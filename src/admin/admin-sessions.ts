import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AuditLog } from '../audit/index.js';
import { operatorAt, OperatorSessions, type Caller } from '../http/index.js';
import { Clock, isSameSecret } from '../kernel/index.js';
import { Database, valuesFor } from '../prisma/index.js';
import { AdminPassword } from './admin-password.js';
import { MayBeForged, NoSession } from './admin.errors.js';
import { ADMIN_OPTIONS, type AdminOptions } from './admin.options.js';
import { BEGIN, END, IS_OPEN, SEEN, type SessionRow } from './admin.sql.js';
import { originOf } from './cross-site.js';
import { sessionTokenOf, setSessionCookie } from './session-cookie.js';

export interface AdminSession {
  readonly expiresAt: Date;
  readonly csrfToken: string;
}

/** No API key can be called so: their names have no colon. */
const NAME = 'session:admin';
const OPERATOR: Caller = { name: NAME, scopes: ['admin'] };
const TOKEN_BYTES = 32;

const sha256 = (token: string): Uint8Array => createHash('sha256').update(token).digest();
/** Bound to its session, and telling nothing of the cookie: a page may know it, the cookie it may not. */
const csrfTokenOf = (token: string): string => createHmac('sha256', token).update('csrf').digest('base64url');

/** Who signed in: 12 hours at most, 30 minutes without a word. Each method is one statement. */
@Injectable()
export class AdminSessions extends OperatorSessions {
  private readonly found = new WeakMap<FastifyRequest, AdminSession>();

  constructor(
    private readonly database: Database,
    private readonly password: AdminPassword,
    private readonly audit: AuditLog,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(ADMIN_OPTIONS) private readonly options: AdminOptions,
  ) {
    super();
  }

  /** Its token is always a new one: what the browser sent is never taken for it. @throws {DatabaseUnavailable} */
  async begin(request: FastifyRequest, reply: FastifyReply): Promise<AdminSession> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const former = this.tokenOf(request);
    const values = valuesFor(BEGIN, {
      id: randomUUID(),
      token_hash: sha256(token),
      former_hash: former === undefined ? null : sha256(former),
      password_key: this.password.key,
      now: this.clock.databaseTime(),
      ...this.audit.parametersOf({ who: operatorAt(NAME, request), act: 'session.begin' }),
    });
    const [row] = await this.database.query<SessionRow>(BEGIN, values);
    if (!row) throw new Error(`${BEGIN.name} returned no row`);
    setSessionCookie(reply, token, this.options.isSecure);
    return { expiresAt: row.expires_at, csrfToken: csrfTokenOf(token) };
  }

  /** @throws {MayBeForged | DatabaseUnavailable} */
  async callerOf(request: FastifyRequest): Promise<Caller | undefined> {
    const token = this.tokenOf(request);
    if (token === undefined || !this.password.isSet) return undefined;
    if (!/^(GET|HEAD)$/.test(request.method)) this.refuseForged(request, csrfTokenOf(token));
    const now = this.clock.databaseTime();
    const values = valuesFor(SEEN, { token_hash: sha256(token), password_key: this.password.key, now });
    const [row] = await this.database.query<SessionRow>(SEEN, values);
    if (!row) return undefined;
    this.found.set(request, { expiresAt: row.expires_at, csrfToken: csrfTokenOf(token) });
    return OPERATOR;
  }

  /** @throws {DatabaseUnavailable} */
  async isOpen(request: FastifyRequest): Promise<boolean> {
    const token = this.tokenOf(request);
    if (token === undefined || !this.password.isSet) return false;
    const now = this.clock.databaseTime();
    const values = valuesFor(IS_OPEN, { token_hash: sha256(token), password_key: this.password.key, now });
    return (await this.database.query(IS_OPEN, values)).length > 0;
  }

  /** The session that let the request in. @throws {NoSession} when a key did */
  sessionOf(request: FastifyRequest): AdminSession {
    const session = this.found.get(request);
    if (!session) throw new NoSession();
    return session;
  }

  /** @throws {NoSession | DatabaseUnavailable} */
  async end(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    this.sessionOf(request);
    const audit = this.audit.parametersOf({ who: operatorAt(NAME, request), act: 'session.end' });
    const token = this.tokenOf(request) ?? '';
    await this.database.query(END, valuesFor(END, { token_hash: sha256(token), ...audit }));
    setSessionCookie(reply, undefined, this.options.isSecure);
  }

  private tokenOf(request: FastifyRequest): string | undefined {
    return sessionTokenOf(request, this.options.isSecure);
  }

  /** The cookie comes by itself with whatever a browser sends, so a change needs what only our own page knows. */
  private refuseForged(request: FastifyRequest, csrfToken: string): void {
    const given = request.headers['x-csrf-token'];
    const isOurs = typeof given === 'string' && isSameSecret(given, csrfToken);
    if (!isOurs || originOf(request, this.options.publicBaseUrl) !== 'here') throw new MayBeForged();
  }
}
