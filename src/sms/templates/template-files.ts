import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Logger } from '@nestjs/common';

import { compile, type CompiledTemplate } from './compile.js';
import { canonical } from './locale.js';
import { TemplateFault } from './template.errors.js';

/** Those that come with the program: beside `src` and `dist`. */
export const BUILT_IN = resolve(dirname(fileURLToPath(import.meta.url)), '../../../templates');

const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const FILE = /^([A-Za-z0-9-]{2,35})(?:@([a-z0-9][a-z0-9-]{0,31}))?\.hbs$/;

export const isTemplateName = (text: string): boolean => NAME.test(text);

/** Which wording of which text: `pt-BR`, or `pt-BR@short` of a variant. */
export const wordingKey = (locale: string, variant: string | null | undefined): string =>
  variant ? `${locale}@${variant}` : locale;

interface Entry {
  readonly path: string;
  compiled?: CompiledTemplate;
  /** Until the file changes: its fault was told. */
  broken?: true;
}

/** `<folder>/<name>/<locale>[@variant].hbs`. Read at once or when they are first wanted, and again when they changed. */
export class TemplateFiles {
  private readonly logger = new Logger('Templates');
  private entries = new Map<string, Map<string, Entry>>();
  private print = '';

  /** @param atOnce as one has to where files may break while the program runs: only what was read can stay as it was */
  constructor(
    readonly folder: string,
    private readonly atOnce = false,
  ) {
    this.list();
    this.readAfter(new Map());
  }

  get names(): readonly string[] {
    return [...this.entries.keys()];
  }

  /** As `wordingKey` writes them. */
  keysOf(name: string): readonly string[] {
    return [...(this.entries.get(name)?.keys() ?? [])];
  }

  get(name: string, key: string): CompiledTemplate | undefined {
    const entry = this.entries.get(name)?.get(key);
    if (!entry || entry.compiled || entry.broken) return entry?.compiled;
    try {
      return (entry.compiled = compile(readFileSync(entry.path, 'utf8')));
    } catch (error) {
      entry.broken = true;
      const told = error instanceof TemplateFault ? `${error.message} ${error.hint}` : String(error);
      this.logger.error(`${entry.path}: ${told}`);
      return undefined;
    }
  }

  /** Whether a file was added, changed or removed since; what is broken now stays as it was. */
  async refresh(): Promise<boolean> {
    const print = await fingerprint(this.folder);
    if (print === this.print) return false;
    const isFirst = this.print === '';
    this.print = print;
    if (isFirst) return false;
    const former = this.entries;
    this.list();
    this.readAfter(former);
    return true;
  }

  private readAfter(former: typeof this.entries): void {
    for (const [name, files] of this.entries) {
      for (const [key, entry] of files) {
        const before = former.get(name)?.get(key)?.compiled;
        if ((before || this.atOnce) && !this.get(name, key) && before) Object.assign(entry, { compiled: before });
      }
    }
  }

  private list(): void {
    const entries = new Map<string, Map<string, Entry>>();
    for (const name of foldersIn(this.folder)) {
      if (!NAME.test(name)) continue;
      const files = new Map<string, Entry>();
      for (const file of readdirSync(join(this.folder, name)).sort()) {
        const [, locale, variant] = FILE.exec(file) ?? [];
        const tag = locale && canonical(locale);
        if (tag) files.set(wordingKey(tag, variant), { path: join(this.folder, name, file) });
        else if (file.endsWith('.hbs')) this.logger.error(`${join(this.folder, name, file)}: not named as a locale`);
      }
      entries.set(name, files);
    }
    this.entries = entries;
  }
}

/** A note or a script beside them is nobody's template. */
function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory())
    .sort();
}

/** What is there, by name, size and time; empty where there is nothing. */
async function fingerprint(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('.hbs')).sort();
  const parts = await Promise.all(
    files.map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => undefined);
      return `${name}|${found?.size}|${found?.mtimeMs}|${found?.ino}`;
    }),
  );
  return `files:${parts.join('\n')}`;
}
