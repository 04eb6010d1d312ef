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
  const adapter = createAdapter({ ...config.server, followRequests: followsRequests(config.logLevel) });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), adapter, {
    logger,
    abortOnError: false,
    bodyParser: false, // Fastify's own reads JSON, and nothing else
  });
  serveDocs(app, version);
  app.enableShutdownHooks([], { useProcessExit: true });
  return app;
}

/** Node 24 does it for free. Before that it costs a start a fifth of its CPU, so only who debugs pays for it. */
const followsRequests = (level: AppConfig['logLevel']): boolean =>
  Number(process.versions.node.split('.')[0]) >= 24 || level === 'debug' || level === 'trace';
