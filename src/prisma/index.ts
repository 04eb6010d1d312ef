export { AgedData } from './aged-data.js';
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
export { FolderInUse, holderOf } from './folder-lock.js';
export { takeTurn } from './job-turns.js';
export { Lane } from './lane.js';
export {
  forgetMigration,
  MIGRATIONS_PATH,
  migrationState,
  readMigrations,
  SCHEMA_PATH,
  type MigrationState,
} from './migrations.js';
export { pgliteAdapter } from './pglite-adapter.js';
export { migrationAdapter, PostgresDatabase } from './postgres-database.js';
export { Prepared } from './prepared.js';
export { PrismaModule } from './prisma.module.js';
export { answerTo, PrismaService } from './prisma.service.js';
export { recordsIn, recordsOf, type SqlColumns } from './records.js';
export { rowsOf } from './rows.js';
export { SchemaEngine } from './schema-engine.js';
export { Together, type Numbered } from './together.js';
