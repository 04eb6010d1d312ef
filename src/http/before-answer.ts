import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Sees an answer as it would leave, status, headers and bytes, and gives the body that leaves.
 * @param failure what the answer was made of, if something was thrown
 */
export type LastWord = (reply: FastifyReply, body: unknown, failure: unknown) => Promise<unknown>;

interface Pending {
  readonly lastWord: LastWord;
  failure?: unknown;
}

const pending = new WeakMap<FastifyRequest, Pending>();

/** Thrown by a guard: the answer is there already. */
export abstract class ReadyAnswer extends Error {
  abstract sendBy(reply: FastifyReply): void;
}

export function beforeAnswer(request: FastifyRequest, lastWord: LastWord): void {
  pending.set(request, { lastWord });
}

/** For the filter, which makes an answer of everything that is thrown. */
export function failedWith(request: FastifyRequest, failure: unknown): void {
  const waiting = pending.get(request);
  if (waiting) waiting.failure = failure;
}

/** Fastify's hook `onSend`. */
export function answerWith(
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  done: (error: Error | null, body?: unknown) => void,
): void {
  const waiting = pending.get(request);
  if (!waiting) return done(null, body);
  pending.delete(request);
  waiting.lastWord(reply, body, waiting.failure).then(
    (last) => done(null, last),
    (error: Error) => done(error),
  );
}
