import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { DomainError } from '../kernel/index.js';
import { failedWith, ReadyAnswer } from './before-answer.js';
import { widerNetworkOf } from './network.js';
import { noteRefused } from './refused.js';
import { frameworkProblem, problem, STATUS, type Problem } from './problem.js';
import { setRateLimit } from './rate-limit-headers.js';
import { RefusalLog } from './refusal-log.js';
import { duringRequest } from './request-context.js';

/** Whoever was let in nowhere, or not here: worth a line, as all guessing looks like that. */
const REFUSED: ReadonlySet<string> = new Set<DomainError['kind']>(['unauthorized', 'forbidden']);

/** Answers whatever was thrown as a problem document. What nobody expected is a bare 500, its cause in the log only. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');
  private readonly refusals = new RefusalLog();

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    if (error instanceof ReadyAnswer) return error.sendBy(reply);
    failedWith(request, error);
    if (error instanceof DomainError) noteRefused(request, error);
    const answer = duringRequest({ requestId: request.id }, () => this.problemOf(error, request));
    if (error instanceof DomainError) {
      if (error.retryAfterSecs !== undefined) void reply.header('retry-after', String(error.retryAfterSecs));
      if (error.quotas) setRateLimit(reply, error.quotas);
    }
    if (answer.status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply
      .status(answer.status)
      .type('application/problem+json')
      .send({ ...answer, instance: `urn:uuid:${request.id}` });
  }

  private problemOf(error: unknown, { method, routeOptions, ip }: FastifyRequest): Problem {
    const route = `${method} ${routeOptions?.url ?? 'unknown route'}`;
    if (error instanceof DomainError) {
      const { code, message, hint, retryAfterSecs: retryAfter, extensions } = error;
      if (error.kind === 'unavailable') this.logger.error(`${route}: ${code}: ${message}`, causeOf(error));
      else if (error.kind === 'rate_limited') this.logger.warn(`${route}: ${code}: ${message}`);
      else this.logger.debug(`${route}: ${code}: ${message}`);
      if (REFUSED.has(error.kind)) this.noteRefusal(`${route}: ${error.kind}: ${code}`, ip);
      return problem(STATUS[error.kind], code, message, { ...extensions, hint, retryAfter });
    }
    const status = statusOf(error);
    if (status !== undefined && status < 500) {
      this.logger.debug(`${route}: ${status}`);
      return frameworkProblem(status);
    }
    this.logger.error(`${route}: unexpected failure`, error instanceof Error ? error.stack : undefined);
    return problem(500, 'INTERNAL_ERROR', 'Something went wrong on our side.', {
      hint: 'Report the instance; the log has its cause.',
    });
  }

  private noteRefusal(kind: string, ip: string): void {
    for (const line of this.refusals.note(kind, widerNetworkOf(ip))) this.logger.warn(line);
  }
}

function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

function causeOf(error: Error): string | undefined {
  return error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : undefined;
}
