import { Inject, Logger, Module, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';

import { PAGES_OPTIONS, PagesModuleBase, type PagesOptions } from './pages.options.js';
import { servePages } from './serve-pages.js';

/** What people see in a browser: the dashboard, and the simulated phone. Made of `web/` by Vite; here they are only handed out. */
@Module({})
export class PagesModule extends PagesModuleBase implements OnModuleInit {
  constructor(
    private readonly host: HttpAdapterHost<FastifyAdapter>,
    @Inject(PAGES_OPTIONS) private readonly options: PagesOptions,
  ) {
    super();
  }

  onModuleInit(): void {
    // Where commands and tests start rooms without a server, there is nothing to hand out.
    const fastify = this.host.httpAdapter?.getInstance?.();
    if (fastify && !servePages(fastify, this.options))
      new Logger('Pages').warn('the pages at /admin and /inbox are not built: npm run build');
  }
}
