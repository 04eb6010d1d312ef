import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { refusalOf } from '../../http/index.js';
import type { Counts, Durations, Times } from '../families.js';
import { Metrics } from '../metrics.js';

const SECS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** What people wait for. */
const OPERATIONS: Readonly<Record<string, string>> = {
  'POST /v1/verifications': 'start',
  'POST /v1/verifications/:id/resend': 'resend',
  'POST /v1/verifications/:id/check': 'check',
  'POST /v1/auth/phone/start': 'login_start',
  'POST /v1/auth/phone/verify': 'login_check',
  'POST /v1/auth/refresh': 'refresh',
  'POST /v1/messages': 'message',
};
const CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'];
/** A word of ours: not what a caller wrote. */
const WORD = /^[a-z][a-z0-9_-]{0,39}$/;

/** Counts what was asked and refused, by the routes that there are: an address that a caller made up is "none". */
@Injectable()
export class RequestMetrics implements OnModuleInit {
  private readonly requests: Counts;
  private readonly refusals: Counts;
  private readonly times: ReadonlyMap<string, Times>;

  constructor(
    private readonly host: HttpAdapterHost,
    metrics: Metrics,
  ) {
    const requests = 'Requests, by route and by the class of their answer';
    this.requests = metrics.counts('sixdigit_http_requests_total', requests, ['method', 'route', 'status'], 600);
    const refusals =
      'Requests that were refused, by the code that they were told, and the limit or reason where there is one';
    this.refusals = metrics.counts('sixdigit_refusals_total', refusals, ['code', 'reason']);
    const waits = 'From the request until its answer, of what people wait for';
    const times: Durations = metrics.durations('sixdigit_operation_duration_seconds', waits, SECS, ['operation']);
    this.times = new Map(Object.entries(OPERATIONS).map(([route, operation]) => [route, times.at(operation)]));
  }

  onModuleInit(): void {
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance>();
    fastify?.addHook('onResponse', (request, reply, next) => {
      this.answered(request, reply);
      next();
    });
  }

  private answered(request: FastifyRequest, reply: FastifyReply): void {
    const { url: route } = request.routeOptions;
    const { statusCode } = reply;
    const status = CLASSES[Math.floor(statusCode / 100) - 1] ?? '5xx';
    if (route === undefined) this.requests.at('none', 'none', status).inc();
    else {
      this.requests.at(request.method, route, status).inc();
      if (request.method === 'POST') this.times.get(`POST ${route}`)?.observe(reply.elapsedTime / 1_000);
    }
    if (statusCode >= 400) this.refused(request);
  }

  private refused(request: FastifyRequest): void {
    const refusal = refusalOf(request);
    if (!refusal) return;
    const { limit, reason = limit } = refusal.extensions;
    this.refusals.at(refusal.code, typeof reason === 'string' && WORD.test(reason) ? reason : 'none').inc();
  }
}
