import { Injectable, type ExecutionContext } from '@nestjs/common';
import { ThrottlerGuard, type ThrottlerLimitDetail, type ThrottlerRequest } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { DomainError, type QuotaState } from '../kernel/index.js';
import { isPublic } from './api-key.guard.js';
import { networkOf } from './network.js';
import { setRateLimit } from './rate-limit-headers.js';

export class AddressLimited extends DomainError {
  readonly kind = 'rate_limited';
  readonly code = 'RATE_LIMIT_EXCEEDED';
  override readonly extensions = { limit: 'address' };
  override readonly hint = 'Wait as long as Retry-After says.';

  constructor(
    override readonly retryAfterSecs: number,
    override readonly quotas: readonly QuotaState[],
  ) {
    super('Too many requests from this address.');
  }
}

/** Throttles public routes by address; those with an API key have the limits of what they ask for. Answers with our own headers. */
@Injectable()
export class AddressThrottleGuard extends ThrottlerGuard {
  protected override headerPrefix = '';

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    return Promise.resolve(!isPublic(this.reflector, context));
  }

  protected override getTracker(request: FastifyRequest): Promise<string> {
    return Promise.resolve(networkOf(request.ip));
  }

  protected override async handleRequest({
    context,
    limit,
    ttl,
    throttler,
    blockDuration,
    getTracker,
    generateKey,
  }: ThrottlerRequest): Promise<boolean> {
    const { req, res } = this.getRequestResponse(context);
    const name = throttler.name ?? 'address';
    const key = generateKey(context, await getTracker(req, context), name);
    const hit = await this.storageService.increment(key, ttl, limit, blockDuration, name);
    const remaining = hit.isBlocked ? 0 : Math.max(limit - hit.totalHits, 0);
    const quotas = [
      { name: 'address', quota: limit, windowSecs: Math.ceil(ttl / 1_000), remaining, resetSecs: hit.timeToExpire },
    ];
    if (hit.isBlocked) throw new AddressLimited(hit.timeToBlockExpire, quotas);
    setRateLimit(res as unknown as FastifyReply, quotas);
    return true;
  }

  protected override throwThrottlingException(_: ExecutionContext, detail: ThrottlerLimitDetail): Promise<void> {
    throw new AddressLimited(detail.timeToBlockExpire, []);
  }
}
