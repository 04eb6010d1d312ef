import { defineConfig } from 'prisma/config';

// `prisma generate|validate|format` never run the native schema engine, yet the CLI downloads it first. Pointing it at
// any existing executable keeps those commands off the network; `prisma migrate` still fetches and uses the real one.
if (['generate', 'validate', 'format'].some((command) => process.argv.includes(command))) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost:5432/unused' },
});
