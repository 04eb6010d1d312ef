import type { FastifyRequest } from 'fastify';

import type { DomainError } from '../kernel/index.js';

const refused = new WeakMap<FastifyRequest, DomainError>();

/** What a request was refused with, once it is answered; undefined for what the framework refused, and for bugs. */
export const refusalOf = (request: FastifyRequest): DomainError | undefined => refused.get(request);

/** For the filter. */
export function noteRefused(request: FastifyRequest, error: DomainError): void {
  refused.set(request, error);
}
