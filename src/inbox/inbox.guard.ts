import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { Admission, ApiKeyGuard } from '../http/index.js';
import { InboxForbidden } from './inbox.errors.js';
import { INBOX_OPTIONS, type InboxOptions } from './inbox.options.js';
import { isFromAnotherSite, isLocal } from './local-request.js';

/**
 * Who may see the phone: whoever sits at the machine that runs the program, without signing in; from anywhere else, operators. Codes
 * of simulated logins are worth nothing outside, but an account of a test may be worth something inside.
 */
@Injectable()
export class InboxGuard implements CanActivate {
  constructor(
    @Inject(INBOX_OPTIONS) private readonly options: InboxOptions,
    private readonly keys: ApiKeyGuard,
    private readonly admission: Admission,
  ) {}

  /** @throws {InboxForbidden | Unauthorized | ScopeMissing} */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (isFromAnotherSite(request)) throw new InboxForbidden('another site may have sent it');
    return isLocal(request, this.options.host) || this.keys.admit(request, 'admin');
  }

  /** For answers that take long: whether whoever asked would still be let in. @throws {DomainError} when nobody can tell */
  async isStillIn(request: FastifyRequest): Promise<boolean> {
    return isLocal(request, this.options.host) || this.admission.isStillIn(request, 'admin');
  }
}
