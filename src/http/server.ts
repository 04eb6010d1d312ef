import { randomUUID } from 'node:crypto';

import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

import { drainOnClose } from './drain.js';
import { onUnreadableAddress, onUnreadableRequest } from './framework-errors.js';
import { followRequest } from './request-context.js';

const BODY_LIMIT_BYTES = 65_536;
/** A client that has not sent its whole request by then is cut off. */
const REQUEST_TIMEOUT_MS = 15_000;

export interface ServerOptions {
  readonly trustedProxies: readonly string[];
  /** Whether every line that is logged for a request names it; without, only the lines about its problems do. */
  readonly followRequests: boolean;
}

/** Fastify as this API wants it: small bodies, own request ids, nothing cached, forwarded headers only from trusted proxies. */
export function createAdapter({ trustedProxies, followRequests }: ServerOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => randomUUID(),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    frameworkErrors: onUnreadableAddress,
    clientErrorHandler: onUnreadableRequest,
  });
  readOnlyJson(adapter.getInstance());
  adapter.getInstance().addHook('onRequest', (request, reply, next) => {
    void reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': request.id,
    });
    if (followRequests) followRequest({ requestId: request.id }, next);
    else next();
  });
  drainOnClose(adapter.getInstance());
  return adapter;
}

/** Nest would add forms, which browsers send anywhere without asking. An empty body is none, whatever it calls itself. */
function readOnlyJson(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else void parse(request, body as string, done);
  });
}
