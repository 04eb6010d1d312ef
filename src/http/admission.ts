import { Injectable, Optional } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { ApiKeys } from './api-keys.js';
import { bearerOf } from './bearer.js';
import type { Scope } from './caller.js';
import { OperatorSessions } from './operator-sessions.js';

/** For answers that take long: whether whoever asked would still be let in. */
@Injectable()
export class Admission {
  constructor(
    private readonly keys: ApiKeys,
    @Optional() private readonly sessions?: OperatorSessions,
  ) {}

  /** Does not count as a word of his: who only listens is signed out like everybody who says nothing. @throws {DomainError} when nobody can tell */
  async isStillIn(request: FastifyRequest, scope: Scope): Promise<boolean> {
    const { authorization } = request.headers;
    if (authorization === undefined) return (await this.sessions?.isOpen(request)) ?? false;
    const key = bearerOf(authorization);
    const caller = key === undefined ? undefined : await this.keys.callerWith(key);
    return caller?.scopes.includes(scope) ?? false;
  }
}
