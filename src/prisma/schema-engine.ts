import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';

/** TypeScript keeps these among the browser's types. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Record<string, object>) => { exports: Record<string, unknown> };
};

const filters = { externalTables: [], externalEnums: [] };

interface Migrations {
  readonly baseDir: string;
  readonly lockfile: { readonly path: string; readonly content: string | null };
  readonly shadowDbInitScript: string;
  readonly migrationDirectories: readonly object[];
}

interface WasmEngine {
  applyMigrations(input: object): Promise<{ appliedMigrationNames: string[] }>;
  diff(input: object): Promise<{ exitCode: number; stdout: string | null }>;
  markMigrationRolledBack(input: object): Promise<void>;
  free(): void;
}

interface WasmModule {
  SchemaEngine: { new: (schema: object, log: (line: string) => void, adapter: object) => Promise<WasmEngine> };
  __wbg_set_wasm(exports: object): void;
}

/** The engine leaves its lock's 10-second timeout running, which would keep a process that is done from ending. */
function unrefTimers(glue: object): Record<string, object> {
  const names = Object.keys(glue).filter((name) => name.startsWith('__wbg_setTimeout_'));
  return Object.fromEntries(names.map((name) => [name, (run: () => void, ms: number) => setTimeout(run, ms).unref()]));
}

let loaded: Promise<WasmModule> | undefined;

/**
 * Loaded only when there is something to migrate: it costs several hundred milliseconds. Once a process, because the
 * glue talks to the instance that was made last.
 */
const load = (): Promise<WasmModule> => (loaded ??= instantiate());

async function instantiate(): Promise<WasmModule> {
  const name = '@prisma/schema-engine-wasm/schema_engine_bg';
  const glue = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as WasmModule;
  const binary = createRequire(import.meta.url)
    .resolve(name)
    .replace(/\.js$/, '.wasm');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(binary)), {
    './schema_engine_bg.js': { ...glue, ...unrefTimers(glue) },
  });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports.__wbindgen_start as () => void)();
  return glue;
}

/** Prisma's own schema engine, as WebAssembly over a driver adapter: no binary to download, the same table and checksums. */
export class SchemaEngine {
  private constructor(
    private readonly engine: WasmEngine,
    private readonly schema: { path: string; content: string },
    private readonly opened: readonly SqlDriverAdapter[],
  ) {}

  static async open(adapter: SqlMigrationAwareDriverAdapterFactory, schemaPath: string): Promise<SchemaEngine> {
    const content = readFileSync(schemaPath, 'utf8');
    const { SchemaEngine: engine } = await load();
    const opened: SqlDriverAdapter[] = [];
    const connect = async () => {
      const connected = await adapter.connect();
      opened.push(connected);
      return connected;
    };
    const bound = bindMigrationAwareSqlAdapterFactory({ ...adapter, connect });
    const wasm = await engine.new({ datamodels: [[schemaPath, content]] }, () => undefined, bound);
    return new SchemaEngine(wasm, { path: schemaPath, content }, opened);
  }

  /** Applies what is missing, under the engine's own advisory lock. @returns the names applied */
  async apply(migrationsList: Migrations): Promise<string[]> {
    return (await this.engine.applyMigrations({ migrationsList, filters })).appliedMigrationNames;
  }

  /** The SQL that the migrations lack to reach schema.prisma; empty when there is no drift. */
  async missing(migrationsList: Migrations): Promise<string> {
    const from = migrationsList.migrationDirectories.length
      ? { tag: 'migrations', ...migrationsList }
      : { tag: 'empty' };
    const to = { tag: 'schemaDatamodel', files: [this.schema] };
    const { exitCode, stdout } = await this.engine.diff({ from, to, script: true, exitCode: true, filters });
    return exitCode === 0 ? '' : (stdout ?? '');
  }

  /** Forgets a failed migration, so that the next start runs it again. */
  async forget(migrationName: string): Promise<void> {
    await this.engine.markMigrationRolledBack({ migrationName });
  }

  /** The engine frees its memory but not its connections. */
  async close(): Promise<void> {
    this.engine.free();
    await Promise.all(this.opened.map((adapter) => adapter.dispose()));
  }
}
