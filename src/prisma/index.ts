export {
  Database,
  DatabaseUnavailable,
  isDuplicate,
  named,
  Refused,
  valuesFor,
  type Connections,
  type NamedStatement,
  type Statement,
} from './database.js';
export { EmbeddedDatabase } from './embedded-database.js';
export { FolderInUse } from './folder-lock.js';
export { takeTurn } from './job-turns.js';
export { Lane } from './lane.js';
export { MIGRATIONS_PATH, readMigrations, SCHEMA_PATH } from './migrations.js';
export { pgliteAdapter } from './pglite-adapter.js';
export { PostgresDatabase } from './postgres-database.js';
export { PrismaModule } from './prisma.module.js';
export { answerTo, PrismaService } from './prisma.service.js';
export { SchemaEngine } from './schema-engine.js';
