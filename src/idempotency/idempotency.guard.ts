import { Readable } from 'node:stream';

import { Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { beforeAnswer, callerOf, isToldOnce, isTooDeep, ReadyAnswer } from '../http/index.js';
import { DomainError, type ErrorKind } from '../kernel/index.js';
import { Answers, type Answer, type Asked, type OwnClaim } from './answers.js';
import { canonicalJson } from './canonical-json.js';
import { IdempotencyConflict, IdempotencyMismatch, InvalidIdempotencyKey } from './idempotency.errors.js';
import { runs } from './repeatable.js';

const KEY = /^[ -~]{1,255}$/;
/** Beyond those that every answer has. */
const KEPT_HEADERS = ['content-type', 'ratelimit', 'ratelimit-policy'];
/** Refusals that are answers; after the others nothing was done, and the same request may fare better. */
const KEPT_REFUSALS: ReadonlySet<ErrorKind> = new Set(['forbidden', 'not_found', 'gone']);

/** What the first request with the key was answered. */
class Replay extends ReadyAnswer {
  constructor(private readonly answer: Answer) {
    super('answered before');
  }

  override sendBy(reply: FastifyReply): void {
    const { status, headers, body } = this.answer;
    void reply
      .status(status)
      .headers({ ...headers, 'idempotency-replayed': 'true' })
      .send(body);
  }
}

/**
 * Runs a POST with an Idempotency-Key once, and gives every repeat the answer of the first. A guard, for it costs a request
 * without a key nothing; an interceptor would take every request through rxjs.
 */
@Injectable()
export class IdempotencyGuard implements CanActivate {
  private readonly logger = new Logger('Idempotency');

  constructor(private readonly answers: Answers) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const asked = askedBy(request);
    return asked && !isToldOnce(context.getHandler()) ? this.claim(request, asked) : true;
  }

  /** @throws {IdempotencyConflict | IdempotencyMismatch | ReadyAnswer | DatabaseUnavailable} */
  private async claim(request: FastifyRequest, asked: Asked): Promise<true> {
    const claim = await this.answers.claim(asked);
    switch (claim.state) {
      case 'running':
        throw new IdempotencyConflict();
      case 'mismatch':
        throw new IdempotencyMismatch();
      case 'answered':
        throw new Replay(claim.answer);
      case 'ours':
        runs.set(request, claim.run);
        beforeAnswer(request, async (reply, body, failure) => {
          await this.settle(claim, failure, reply, body);
          return body;
        });
        return true;
    }
  }

  /** Never fails: the answer is true even if it cannot be kept, and the next run finds what this one did. */
  private async settle(claim: OwnClaim, failure: unknown, reply: FastifyReply, body: unknown): Promise<void> {
    const fate = fateAfter(failure);
    try {
      if (fate === 'keep') await this.answers.keep(claim, answerOf(reply, body));
      else await this.answers[fate](claim);
    } catch (error) {
      this.logger.error(`cannot ${fate} an answer: ${error instanceof Error ? error.message : 'unknown failure'}`);
    }
  }
}

/** @throws {InvalidIdempotencyKey} */
function askedBy(request: FastifyRequest): Asked | undefined {
  const { method, url, body, headers, routeOptions } = request;
  const key = headers['idempotency-key'];
  const caller = callerOf(request);
  if (method !== 'POST' || key === undefined || caller === undefined) return undefined;
  const isOne = request.raw.headersDistinct['idempotency-key']?.length === 1;
  if (typeof key !== 'string' || !isOne || !KEY.test(key)) throw new InvalidIdempotencyKey();
  // Read as it comes, and never whole: its route says by what a repeat is known.
  if (body instanceof Readable) return undefined;
  if (isTooDeep(body)) return undefined; // which validation refuses
  return { name: [caller, routeOptions.url ?? url, key], content: [url, canonicalJson(body)] };
}

/** What becomes of the claim of a request that ended with that failure, or none. */
export function fateAfter(failure: unknown): 'keep' | 'forget' | 'leave' {
  if (failure === undefined) return 'keep';
  if (!(failure instanceof DomainError) || failure.mayHaveHappened) return 'leave';
  return KEPT_REFUSALS.has(failure.kind) ? 'keep' : 'forget';
}

function answerOf(reply: FastifyReply, body: unknown): Answer {
  const headers = KEPT_HEADERS.flatMap((name) =>
    reply.hasHeader(name) ? [[name, String(reply.getHeader(name))]] : [],
  );
  return { status: reply.statusCode, headers: Object.fromEntries(headers) as Answer['headers'], body: String(body) };
}
