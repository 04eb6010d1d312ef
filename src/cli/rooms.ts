import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

import { AppConfigModule, environment, readConfig, type AppConfig } from '../config/index.js';
import { KernelModule } from '../kernel.module.js';
import { PrismaModule } from '../prisma/index.js';
import { CommandLogger } from './command-logger.js';

type Room = DynamicModule | Type;

/**
 * Runs `work` with the database and the rooms that a command needs: no web server, no outbox. The embedded database serves
 * one process, so there the program must be stopped first.
 * @throws {ConfigRefusal | FolderInUse | DatabaseUnavailable}
 */
export async function withRooms<T>(
  rooms: (config: AppConfig) => readonly Room[],
  work: (context: INestApplicationContext, config: AppConfig) => Promise<T>,
): Promise<T> {
  const config = readConfig(environment());
  class Commands {}
  const imports = [
    AppConfigModule.forRoot(config),
    KernelModule.forRoot(config.secrets),
    PrismaModule.forRoot(config.database),
    ...rooms(config),
  ];
  const module: DynamicModule = { module: Commands, imports };
  const context = await NestFactory.createApplicationContext(module, {
    // Nothing but the answer belongs on stdout.
    logger: new CommandLogger('warn', process.stderr),
    abortOnError: false,
  });
  try {
    return await work(context, config);
  } finally {
    await context.close();
  }
}
