import { setTimeout as wait } from 'node:timers/promises';

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';

import { Database, Lane } from '../prisma/index.js';

/** Requests that nobody waits for with a phone in the hand. */
const PATIENT = /^\/v1\/(messages\/batch|webhooks\/)|^\/(health|metrics)/;
const LASTS_MS = 1_000;
/** Statements at once, of the eight that there are connections for. */
const WIDTH = { alone: 7, busy: 1 } as const;

/** Whether somebody else uses this process: a batch then makes way. */
@Injectable()
export class Courtesy implements OnModuleInit {
  /** The database as a batch uses it. */
  readonly lane: Lane;
  private askedAt = -Infinity;

  constructor(
    private readonly host: HttpAdapterHost,
    database: Database,
  ) {
    this.lane = new Lane(database, () => (this.isBusy ? WIDTH.busy : WIDTH.alone));
  }

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

  /**
   * Rests as long as was worked, while somebody else is here: so a batch takes half of what there is at most, and less where
   * the others make it slow.
   * @param since `performance.now()` when the work began
   */
  async giveWay(since: number): Promise<void> {
    if (this.isBusy) await wait(performance.now() - since);
  }
}
