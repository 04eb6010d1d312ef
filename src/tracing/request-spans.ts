import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SpanStatusCode } from '@opentelemetry/api';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { refusalOf } from '../http/index.js';
import { Tracing, type Begun } from './tracing.js';

/** Asked by machines, all the time: nobody looks for their traces. */
const QUIET = /^\/(health|metrics|docs)/;

/** One span a request, by its route; not by its address, which may have a number in it. */
@Injectable()
export class RequestSpans implements OnModuleInit {
  private readonly begun = new WeakMap<FastifyRequest, Begun>();

  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(Tracing) private readonly tracing: Tracing | null,
  ) {}

  onModuleInit(): void {
    const { tracing } = this;
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance>();
    if (!tracing || !fastify) return;
    fastify.addHook('onRequest', (request, _reply, next) => this.begin(tracing, request, next));
    fastify.addHook('onResponse', (request, reply, next) => {
      this.end(request, reply);
      next();
    });
  }

  private begin(tracing: Tracing, request: FastifyRequest, next: () => void): void {
    const { url: route } = request.routeOptions;
    if (route !== undefined && QUIET.test(route)) return next();
    const method = route === undefined ? 'HTTP' : request.method;
    const attributes = {
      'http.request.method': method === 'HTTP' ? '_OTHER' : method,
      ...(route && { 'http.route': route }),
    };
    const begun = tracing.begin(route ? `${method} ${route}` : method, attributes, request.headers);
    this.begun.set(request, begun);
    begun.during(next);
  }

  private end(request: FastifyRequest, { statusCode }: FastifyReply): void {
    const span = this.begun.get(request)?.span;
    if (!span) return;
    span.setAttribute('http.response.status_code', statusCode);
    const code = refusalOf(request)?.code;
    if (code !== undefined) span.setAttribute('sixdigit.error_code', code);
    if (statusCode >= 500)
      span.setAttribute('error.type', code ?? String(statusCode)).setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}
