import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';

const MEANING: Readonly<Record<number, string>> = {
  400: 'INVALID_REQUEST, INVALID_PHONE_FORMAT or MESSAGE_TOO_LONG; of a webhook endpoint WEBHOOK_URL_REFUSED',
  401: 'UNAUTHORIZED; of a code CODE_INCORRECT',
  403:
    'DESTINATION_NOT_ALLOWED or CHALLENGE_REQUIRED; UNAUTHORIZED where the key lacks a scope, of a webhook, and of what another ' +
    'site may have sent',
  404: 'VERIFICATION_NOT_FOUND; of anything else NOT_FOUND',
  409:
    'IDEMPOTENCY_CONFLICT: the first request with this key is still running; of an API key KEY_NAME_TAKEN; ' +
    'of a phone change PHONE_TAKEN; of webhooks WEBHOOK_DISABLED, WEBHOOK_LIMIT_REACHED, WEBHOOK_UNDER_WAY',
  410: 'VERIFICATION_EXPIRED; of a step-up proof PROOF_SPENT',
  422: 'IDEMPOTENCY_MISMATCH: this key came with another request',
  429: 'RATE_LIMIT_EXCEEDED, COST_LIMIT_REACHED or TOO_MANY_CHECKS; Retry-After says when',
  503: 'DELIVERY_UNAVAILABLE, CHALLENGE_UNAVAILABLE, LOOKUP_UNAVAILABLE, SMS_DISABLED, DATABASE_UNAVAILABLE or REDIS_UNAVAILABLE',
};

const schema = {
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    code: { type: 'string', description: 'Stable: branch on this.' },
    hint: { type: 'string', description: 'How to mend it.' },
    instance: { type: 'string', format: 'uri' },
    retryAfter: { type: 'integer', description: 'Seconds, as in Retry-After.' },
    limit: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
    },
  },
};

/** Documents the problem answers of a public route. */
export const ApiPublicProblems = (...statuses: readonly number[]) =>
  applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({ status, description: MEANING[status] ?? '', content: { 'application/problem+json': { schema } } }),
    ),
  );

/** The same of a route that needs a key. */
export const ApiProblems = (...statuses: readonly number[]) => ApiPublicProblems(401, ...statuses);
