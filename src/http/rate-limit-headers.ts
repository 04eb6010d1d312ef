import type { FastifyReply } from 'fastify';

import type { QuotaState } from '../kernel/index.js';

/** `RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers-11. */
export function setRateLimit(reply: FastifyReply, quotas: readonly QuotaState[]): void {
  if (quotas.length === 0) return;
  void reply.header(
    'ratelimit-policy',
    quotas.map(({ name, quota, windowSecs }) => `"${name}";q=${quota};w=${windowSecs}`).join(', '),
  );
  void reply.header(
    'ratelimit',
    quotas.map(({ name, remaining, resetSecs }) => `"${name}";r=${remaining};t=${resetSecs}`).join(', '),
  );
}
