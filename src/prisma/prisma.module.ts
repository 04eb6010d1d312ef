import { Module, type OnApplicationShutdown } from '@nestjs/common';

import { Database } from './database.js';
import { EmbeddedDatabase } from './embedded-database.js';
import { PostgresDatabase } from './postgres-database.js';
import { PRISMA_OPTIONS, PrismaModuleBase, type PrismaOptions } from './prisma.options.js';
import { PrismaService } from './prisma.service.js';

@Module({
  providers: [
    {
      provide: Database,
      inject: [PRISMA_OPTIONS],
      useFactory: (options: PrismaOptions) =>
        options.kind === 'postgres'
          ? PostgresDatabase.connect(options.url, options.maxConnections)
          : EmbeddedDatabase.open(options.dataDir),
    },
    {
      provide: PrismaService,
      inject: [Database],
      useFactory: (database: EmbeddedDatabase | PostgresDatabase) => new PrismaService(database.adapter),
    },
  ],
  exports: [Database, PrismaService],
})
export class PrismaModule extends PrismaModuleBase implements OnApplicationShutdown {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
  ) {
    super();
  }

  /** Last of all: requests in flight still write until the server has closed. */
  async onApplicationShutdown(): Promise<void> {
    await this.prisma.$disconnect();
    await this.database.close();
  }
}
