import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

import { AppModule } from './app.module.js';
import type { AppConfig } from './config/index.js';
import { createAdapter, JsonLogger, serveDocs } from './http/index.js';
import { version } from './version.js';

/** The whole program, not yet listening. @throws {FolderInUse | DatabaseUnavailable} */
export async function createApp(
  config: AppConfig,
  logger = new JsonLogger(config.logLevel),
): Promise<NestFastifyApplication> {
  const adapter = createAdapter(config.server);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), adapter, {
    logger,
    abortOnError: false,
    bodyParser: false, // Fastify's own reads JSON, and nothing else
  });
  serveDocs(app, version);
  app.enableShutdownHooks([], { useProcessExit: true });
  return app;
}
