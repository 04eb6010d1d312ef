import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** A body that its route reads as it comes. */
export interface Streamed {
  /** As the request says, without parameters; undefined: no such body. */
  readonly type: 'application/json' | 'application/x-ndjson' | undefined;
  /** Reading stops when whoever reads does; what is left is thrown away, and the answer still goes out. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

const STREAMED_TYPE = 'application/x-streamed';
const TYPES: Readonly<Record<string, Streamed['type']>> = {
  'application/json': 'application/json',
  'application/x-ndjson': 'application/x-ndjson',
  'application/ndjson': 'application/x-ndjson',
  'application/jsonl': 'application/x-ndjson',
};
/** The whole of such a body may take that long; of others, as long as the server says. */
const LONGEST_UPLOAD_MS = 600_000;
const types = new WeakMap<IncomingMessage, Streamed['type']>();

/** Lets a route read its body as it comes, however long that is: neither kept nor limited by us. */
export const StreamedRoute = () => RouteConfig({ isStreamed: true });

/** The body of such a route. */
export const StreamedBody = createParamDecorator((_: unknown, context: ExecutionContext): Streamed => {
  const { body, raw } = context.switchToHttp().getRequest<FastifyRequest>();
  const stream = body instanceof Readable ? body : Readable.from([]);
  const bytes = {
    [Symbol.asyncIterator]: () => stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>,
  };
  return { type: types.get(raw), bytes };
});

/** Teaches Fastify to hand such bodies on unread. */
export function readStreamedBodies(fastify: FastifyInstance): void {
  const { server } = fastify;
  const { requestTimeout } = server;
  let uploads = 0;
  fastify.addContentTypeParser(STREAMED_TYPE, (_request, payload, done) => done(null, payload));
  fastify.addHook('onRoute', (route) => {
    const { isStreamed } = (route.config ?? {}) as { readonly isStreamed?: boolean };
    if (!isStreamed) return;
    route.onRequest = ({ raw }, reply, next) => {
      const { headers } = raw;
      const type = TYPES[headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? ''];
      if (type && headers['content-encoding'] === undefined) {
        types.set(raw, type);
        headers['content-type'] = STREAMED_TYPE;
      }
      // Node has one timeout for all requests of a server, which it reads every second. While rows come in, others may take their
      // time with a body, too; with headers never, and silence ends them as ever.
      uploads++;
      server.requestTimeout = Math.max(requestTimeout, LONGEST_UPLOAD_MS);
      reply.raw.once('close', () => {
        if (--uploads === 0) server.requestTimeout = requestTimeout;
      });
      next();
    };
  });
}
