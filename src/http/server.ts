import { randomUUID } from 'node:crypto';

import { FastifyAdapter, RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { answerWith } from './before-answer.js';
import { allowOrigins } from './cors.js';
import { drainOnClose } from './drain.js';
import { onUnreadableAddress, onUnreadableRequest } from './framework-errors.js';
import { followRequest } from './request-context.js';
import { securityHeaders } from './security-headers.js';
import { readStreamedBodies } from './streamed-body.js';

const BODY_LIMIT_BYTES = 65_536;
/** Of all headers together, with the address; Node counts them while they come. */
const HEADERS_BYTES = 16_384;
const HEADERS = 100;
const ADDRESS_CHARACTERS = 8_192;
/** A client that has not sent its headers, or its whole request, by then is cut off. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** How often we look who that is: Node would look every 30 s. */
const TIMEOUT_CHECK_MS = 1_000;
/** No byte either way: longer than a request may wait for its text to be sent. */
const SILENCE_MS = 90_000;
/** Longer than proxies keep a connection (nginx 60 s, AWS 60 s), so that it is never us who close it under a request. */
const KEEP_ALIVE_MS = 72_000;
const REQUESTS_PER_CONNECTION = 10_000;
const CONNECTIONS = 10_000;

/** Lets a route take longer bodies than the 64 KiB that do for the rest. */
export const LongBodies = (bodyLimit: number) => RouteConfig({ bodyLimit });

export interface ServerOptions {
  readonly trustedProxies: readonly string[];
  /** Whether every line that is logged for a request names it; without, only the lines about its problems do. */
  readonly followRequests: boolean;
  /** Where browsers find this server. */
  readonly publicBaseUrl?: string;
  /** Origins whose pages may read what is meant for browsers. */
  readonly corsOrigins?: readonly string[];
  /** For headers and for the whole request. */
  readonly timeoutsMs?: { readonly headers: number; readonly request: number };
}

/**
 * Fastify as this API wants it: small bodies, own request ids, nothing cached, forwarded headers only from trusted proxies,
 * nobody who takes his time.
 */
export function createAdapter(options: ServerOptions): FastifyAdapter {
  const { trustedProxies, followRequests, publicBaseUrl, corsOrigins = [], timeoutsMs } = options;
  const security = securityHeaders(publicBaseUrl?.startsWith('https:') === true);
  const always = { 'cache-control': 'no-store', ...security.forData };
  const alwaysInDocs = { 'cache-control': 'no-store', ...security.forDocs };
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: timeoutsMs?.request ?? REQUEST_TIMEOUT_MS,
    connectionTimeout: SILENCE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxRequestsPerSocket: REQUESTS_PER_CONNECTION,
    http: {
      maxHeaderSize: HEADERS_BYTES,
      headersTimeout: timeoutsMs?.headers ?? HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    },
    genReqId: () => randomUUID(),
    trustProxy: trustedProxies.length > 0 ? [...trustedProxies] : false,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) =>
      onUnreadableAddress(error, request, reply.headers(always)),
    clientErrorHandler: onUnreadableRequest,
    return503OnClosing: false, // what still comes is served: Fastify's own answer would be no problem document, and say no Retry-After
  });
  const fastify = adapter.getInstance();
  fastify.server.maxConnections = CONNECTIONS;
  readBodies(fastify);
  readStreamedBodies(fastify);
  fastify.addHook('onRoute', (route) => {
    const { bodyLimit } = (route.config ?? {}) as { readonly bodyLimit?: number };
    if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
  });
  fastify.addHook('onRequest', (request, reply, next) => {
    void reply.headers(request.url.startsWith('/docs') ? alwaysInDocs : always).header('x-request-id', request.id);
    const tooMuch = excessOf(request);
    if (tooMuch) next(tooMuch);
    else if (followRequests) followRequest({ requestId: request.id }, next);
    else next();
  });
  allowOrigins(fastify, corsOrigins);
  fastify.addHook('onSend', answerWith);
  fastify.addHook('onSend', nameCharset);
  drainOnClose(fastify);
  return adapter;
}

/** Fastify's hook `onSend`: what others serve for us as text is UTF-8, and says so, so that no browser guesses. */
function nameCharset(
  _: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  done: (error: null, body: unknown) => void,
) {
  const type = reply.getHeader('content-type');
  if (typeof type === 'string' && /^(text\/|application\/javascript)/.test(type) && !type.includes('charset'))
    reply.header('content-type', `${type}; charset=utf-8`);
  done(null, body);
}

/** What is too much of a request before anything of it was looked at. */
function excessOf({ url, raw }: FastifyRequest): Error | undefined {
  if (url.length > ADDRESS_CHARACTERS) return Object.assign(new Error('URI Too Long'), { statusCode: 414 });
  if (raw.rawHeaders.length > 2 * HEADERS)
    return Object.assign(new Error('Request Header Fields Too Large'), { statusCode: 431 });
  return undefined;
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
