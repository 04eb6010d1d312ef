import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** What pages of other origins may read: how people log in, and public keys. Everything else is for servers. */
const FOR_BROWSERS = /^\/(v1\/auth|\.well-known)\//;
const PREFLIGHT_SECS = 600;

/**
 * Lets pages of those origins, and no others, read what is meant for browsers. Nothing of it goes by cookies.
 * @param origins each in full; with none there is no CORS at all
 */
export function allowOrigins(fastify: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed = {
    origin: [...origins],
    methods: ['GET', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'idempotency-key'],
    exposedHeaders: ['ratelimit', 'ratelimit-policy', 'retry-after', 'x-request-id'],
    credentials: false,
    maxAge: PREFLIGHT_SECS,
    strictPreflight: false,
  };
  const refused = { origin: false as const };
  void fastify.register(cors, {
    delegator: (request, decide) => decide(null, FOR_BROWSERS.test(request.url ?? '') ? allowed : refused),
  });
}
