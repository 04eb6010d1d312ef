import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { ApiPublicProblems } from '../http/index.js';
import type { Run } from '../kernel/index.js';

export const runs = new WeakMap<FastifyRequest, Run>();

/** The run that a request with an Idempotency-Key belongs to; undefined without one. */
export const ThisRun = createParamDecorator((_: unknown, context: ExecutionContext): Run | undefined =>
  runs.get(context.switchToHttp().getRequest<FastifyRequest>()),
);

export const NEVER_KEPT = Symbol('never-kept');

/** Of a route that does the same when it is done again, and whose answer nobody is to keep: a key changes nothing. */
export const NeverKept = () => SetMetadata(NEVER_KEPT, true);

/** Documents that a POST takes an Idempotency-Key, as each with an API key does. */
export const ApiRepeatable = () =>
  applyDecorators(
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description:
        'For 24 hours, the same request with the same key gets the same answer, marked "Idempotency-Replayed: true", and is ' +
        'done once. Answers that leave nothing done (400, 429, 503) are not kept. A key counts for one API key and route.',
      schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
    }),
    ApiPublicProblems(409, 422),
  );
