import { randomUUID } from 'node:crypto';

import { FastifyAdapter, RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

import { answerWith } from './before-answer.js';
import { drainOnClose } from './drain.js';
import { onUnreadableAddress, onUnreadableRequest } from './framework-errors.js';
import { followRequest } from './request-context.js';

const BODY_LIMIT_BYTES = 65_536;
/** A client that has not sent its whole request by then is cut off. */
const REQUEST_TIMEOUT_MS = 15_000;

/** Lets a route take longer bodies than the 64 KiB that do for the rest. */
export const LongBodies = (bodyLimit: number) => RouteConfig({ bodyLimit });

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
    return503OnClosing: false, // what still comes is served: Fastify's own answer would be no problem document, and say no Retry-After
  });
  readBodies(adapter.getInstance());
  adapter.getInstance().addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as { readonly bodyLimit?: number };
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  adapter.getInstance().addHook('onRequest', (request, reply, next) => {
    void reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': request.id,
    });
    if (followRequests) followRequest({ requestId: request.id }, next);
    else next();
  });
  adapter.getInstance().addHook('onSend', answerWith);
  drainOnClose(adapter.getInstance());
  return adapter;
}

/** Whose bodies are signed: read as they are. */
const SIGNED = '/v1/webhooks/';

/**
 * JSON, and nothing else: Nest would add forms, which browsers send anywhere without asking. An empty body is none, whatever
 * it calls itself. Providers' reports come in any type, and reach their routes as bytes.
 */
function readBodies(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.url.startsWith(SIGNED)) done(null, body);
    else if (body.length === 0) done(null, undefined);
    else void parse(request, body.toString(), done);
  });
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.url.startsWith(SIGNED)) return done(null, body);
    const error = Object.assign(new Error('Unsupported Media Type'), { statusCode: 415 });
    done(error);
  });
}
