import { Inject, Injectable, Logger } from '@nestjs/common';

import { Clock } from '../../kernel/index.js';
import { Database, valuesFor } from '../../prisma/index.js';
import { VerificationNotFound, VerificationService, type VerificationState } from '../../verification/index.js';
import { AddressLimits } from '../address-limits.js';
import { CodeIncorrect, ProofSpent } from '../auth.errors.js';
import type { SignedIn } from '../sessions/sessions.js';
import { lifetimeOf, Tokens } from '../tokens/tokens.js';
import * as sql from './step-up.sql.js';

const purposeOf = (action: string): string => `auth:step-up:${action}`;

export interface StepUpRequest {
  readonly action: string;
  readonly context?: string;
  readonly acceptLanguage?: string;
}

export interface Redeemed {
  readonly userId: string;
  readonly sessionId: string;
  readonly action: string;
  readonly context?: string;
  readonly authenticatedAt: Date;
}

/** A fresh code for one sensitive action: its proof is bound to user, session, action and context, and is redeemed once. */
@Injectable()
export class StepUpService {
  private readonly logger = new Logger('StepUp');

  constructor(
    private readonly limits: AddressLimits,
    private readonly verifications: VerificationService,
    private readonly database: Database,
    private readonly tokens: Tokens,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** Sends a code to the person's own phone. @throws as `LoginService.start` */
  async start(
    me: SignedIn,
    { action, context, acceptLanguage }: StepUpRequest,
    ip: string,
  ): Promise<VerificationState> {
    await this.limits.admitStart(ip);
    const started = await this.verifications.start({
      phone: me.phone.e164,
      purpose: purposeOf(action),
      channel: 'sms',
      acceptLanguage,
    });
    const { id, expiresAt: expires } = started;
    const at = this.clock.databaseTime();
    const parameters = { id, session: me.sessionId, action, context: context ?? null, expires, at };
    await this.database.query(sql.OPEN, valuesFor(sql.OPEN, parameters));
    return started;
  }

  /** @returns the proof @throws {VerificationNotFound} for one of another session, which costs no guess; and as `LoginService.verify` */
  async verify(me: SignedIn, id: string, code: string, ip: string): Promise<string> {
    await this.limits.admitGuess(ip);
    const own = { id, session: me.sessionId };
    const [found] = await this.database.query<sql.StepUpRow>(sql.FIND, valuesFor(sql.FIND, own));
    if (!found) throw new VerificationNotFound();
    const judgement = await this.verifications.judge(id, code, purposeOf(found.action));
    if (!('approved' in judgement)) throw new CodeIncorrect(judgement.checksLeft);
    const { approvedAt, phone } = judgement.approved;
    if (phone.line !== me.phone.line) throw new VerificationNotFound(); // the number was changed meanwhile
    const prove = { ...own, approved: approvedAt, life_secs: lifetimeOf('stepUp'), at: this.clock.databaseTime() };
    const [proven] = await this.database.query<sql.StepUpRow>(sql.PROVE, valuesFor(sql.PROVE, prove));
    if (!proven) throw new VerificationNotFound();
    const { userId, sessionId } = me;
    const subject = { userId, sessionId, jti: id, issuedAt: approvedAt, authenticatedAt: approvedAt };
    const { action, context } = proven;
    this.logger.log(`step-up ${id} of user ${userId} for "${action}" proven`);
    return this.tokens.sign('stepUp', subject, { action, ...(context !== null && { context }) });
  }

  /** For exactly one caller. @throws {ProofSpent} */
  async redeem(proof: string, action: string | undefined): Promise<Redeemed> {
    const claims = await this.tokens.read('stepUp', proof);
    if (!claims) throw new ProofSpent();
    const { userId, sessionId } = claims;
    const redeem = { id: claims.jti, session: sessionId, action: action ?? null, at: this.clock.databaseTime() };
    const [row] = await this.database.query<sql.StepUpRow>(sql.REDEEM, valuesFor(sql.REDEEM, redeem));
    if (!row) throw new ProofSpent();
    const { context, approved_at: authenticatedAt } = row;
    return { userId, sessionId, action: row.action, ...(context !== null && { context }), authenticatedAt };
  }
}
