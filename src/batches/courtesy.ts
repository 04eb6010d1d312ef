import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

/** Requests that nobody waits for with a phone in the hand. */
const PATIENT = /^\/v1\/(messages\/batch|webhooks\/)|^\/(health|metrics)/;
const LASTS_MS = 1_000;

/** Whether somebody else uses this process: a batch then makes way. */
@Injectable()
export class Courtesy implements OnModuleInit {
  private askedAt = -Infinity;

  constructor(private readonly host: HttpAdapterHost) {}

  onModuleInit(): void {
    // Commands have no server.
    const fastify = this.host.httpAdapter?.getInstance<FastifyInstance>();
    fastify?.addHook('onRequest', (request, _reply, next) => {
      if (!PATIENT.test(request.url)) this.askedAt = performance.now();
      next();
    });
  }

  get isBusy(): boolean {
    return performance.now() - this.askedAt < LASTS_MS;
  }
}
