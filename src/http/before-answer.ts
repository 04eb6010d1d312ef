import type { FastifyReply, FastifyRequest } from 'fastify';

/** Sees an answer as it would leave, status, headers and bytes, and gives the body that leaves. */
export type LastWord = (reply: FastifyReply, body: unknown) => Promise<unknown>;

const lastWords = new WeakMap<FastifyRequest, LastWord>();

/** Errors pass here, too: no interceptor sees the answer that a filter makes of them. */
export function beforeAnswer(request: FastifyRequest, lastWord: LastWord): void {
  lastWords.set(request, lastWord);
}

/** Fastify's hook `onSend`. */
export function answerWith(request: FastifyRequest, reply: FastifyReply, body: unknown): Promise<unknown> {
  const lastWord = lastWords.get(request);
  lastWords.delete(request);
  return lastWord ? lastWord(reply, body) : Promise.resolve(body);
}
