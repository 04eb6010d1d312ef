import { Inject, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { AuditLog } from '../audit/index.js';
import { operatorAt } from '../http/index.js';
import { AdminPassword } from './admin-password.js';
import { AdminSessions, type AdminSession } from './admin-sessions.js';
import { MayBeForged, SignInOff, WrongPassword } from './admin.errors.js';
import { ADMIN_OPTIONS, type AdminOptions } from './admin.options.js';
import { originOf } from './cross-site.js';
import { SignInLimits } from './sign-in-limits.js';

/** From the password to a session. */
@Injectable()
export class SignIn {
  private readonly logger = new Logger('Admin');

  constructor(
    private readonly password: AdminPassword,
    private readonly limits: SignInLimits,
    private readonly sessions: AdminSessions,
    private readonly audit: AuditLog,
    @Inject(ADMIN_OPTIONS) private readonly options: AdminOptions,
  ) {}

  /** @throws {SignInOff | MayBeForged | RateLimitExceeded | WrongPassword | DatabaseUnavailable | RedisUnavailable} */
  async with(password: string, request: FastifyRequest, reply: FastifyReply): Promise<AdminSession> {
    if (!this.password.isSet) throw new SignInOff();
    if (originOf(request, this.options.publicBaseUrl) === 'elsewhere') throw new MayBeForged();
    const takeBack = await this.limits.take(request.ip);
    if (!(await this.password.isRight(password))) {
      const who = operatorAt('somebody', request);
      this.logger.warn(`a wrong password from ${who.network}`);
      await this.audit.write({ who, act: 'session.refuse' });
      throw new WrongPassword();
    }
    await takeBack();
    return this.sessions.begin(request, reply);
  }
}
