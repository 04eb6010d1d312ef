import type { FastifyInstance } from 'fastify';

/** Whoever has not been served by then is cut off: more than the longest SMS_SEND_BUDGET_MS. */
const LONGEST_DRAIN_MS = 65_000;

/** Lets a closing server wait for requests, not for connections: Node itself waits for those that never said a word. */
export function drainOnClose(fastify: FastifyInstance): void {
  let inFlight = 0;
  let closing = false;
  const endWhenServed = () => {
    if (closing && inFlight === 0) fastify.server.closeAllConnections();
  };
  fastify.addHook('onRequest', (_request, reply, next) => {
    inFlight++;
    reply.raw.once('close', () => {
      inFlight--;
      endWhenServed();
    });
    next();
  });
  fastify.addHook('onSend', (_request, reply, payload, next) => {
    if (closing) void reply.header('connection', 'close');
    next(null, payload);
  });
  fastify.addHook('preClose', (next) => {
    closing = true;
    setImmediate(endWhenServed);
    setTimeout(() => fastify.server.closeAllConnections(), LONGEST_DRAIN_MS).unref();
    next();
  });
}
