import type { FastifyRequest } from 'fastify';

import type { Caller } from './caller.js';

/** Operators who signed in by password: another room keeps them. */
export abstract class OperatorSessions {
  /**
   * Whose session the request's cookie is; undefined without one that is still good.
   * @throws {DomainError} when another site may have sent the request, or when it cannot tell
   */
  abstract callerOf(request: FastifyRequest): Promise<Caller | undefined>;

  /** Whether that session is still good; does not make it last longer. @throws {DomainError} when it cannot tell */
  abstract isOpen(request: FastifyRequest): Promise<boolean>;
}
