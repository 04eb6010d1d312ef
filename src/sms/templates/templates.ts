import { Logger } from '@nestjs/common';

import { measure } from '../pricing/segments.js';
import { compile, type CompiledTemplate } from './compile.js';
import { acceptedLocales, canonical, fallbacks, LAST_RESORT, localeOf } from './locale.js';
import { BUILT_IN, TemplateFiles, wordingKey } from './template-files.js';
import { TemplateNotFound } from './template.errors.js';
import { toGsm7 } from './transliterate.js';
import { checkVariables, type VariableValue } from './variables.js';

/** What is to be said, to whom. */
export interface WordingRequest {
  /** Such as `verification`. */
  readonly template: string;
  /** BCP 47, as it was asked for; the number's country decides where it was not. */
  readonly locale?: string | null;
  /** ISO 3166-1 alpha-2 of the phone. */
  readonly country?: string | null;
  readonly variables: Readonly<Record<string, VariableValue>>;
  /** Where several wordings are tried, the name of one. */
  readonly variant?: string | null;
  /**
   * A last line for machines, such as `@example.com #123456`, after an empty one. Only from our own code, never from a request:
   * variables cannot have lines.
   */
  readonly machineLine?: string;
}

/** A text as a person reads it. */
export interface Wording {
  readonly body: string;
  /** That it is written in. */
  readonly locale: string;
  /** Of the operators' template; null: it is a file's. */
  readonly version: number | null;
  /** Null also where the one that was asked for has no wording in this language. */
  readonly variant: string | null;
  /** It is billed as. */
  readonly segments: number;
}

/** As a message under way was first written. */
export interface Written {
  readonly locale: string | null;
  readonly version: number | null;
  readonly variant: string | null;
}

/** One version of an operator's template. */
export interface OwnTemplate {
  readonly name: string;
  readonly locale: string;
  readonly variant: string | null;
  readonly version: number;
  readonly body: string;
}

/** Where versions are that are not the newest any more. */
export interface TemplateArchive {
  find(id: Omit<OwnTemplate, 'body'>): Promise<OwnTemplate | undefined>;
}

export interface TemplateOptions {
  /** What texts call the sender where no variable does. */
  readonly brand?: string;
  /** Whether texts with a code warn not to share it; true. */
  readonly doNotShare?: boolean;
  /** Writes Latin text in GSM-7, without what GSM-7 has not, where that saves a segment; false. */
  readonly smartEncoding?: boolean;
  /** Of the operator: its files come before ours. */
  readonly folder?: string;
  /** Whether our own files may change while the program runs; false. */
  readonly watch?: boolean;
}

export type TemplateSource = 'database' | 'folder' | 'built-in';

interface Found {
  readonly template: CompiledTemplate;
  readonly locale: string;
  readonly variant: string | null;
  readonly version: number | null;
  readonly source: TemplateSource;
}

/** What strangers ask for is kept, but not without end. */
const MOST_FOUND = 5_000;
const MOST_ARCHIVED = 500;

/** Writes texts. In memory, at once: it is asked before every send. */
export class Templates {
  private readonly logger = new Logger('Templates');
  private readonly builtIn = new TemplateFiles(BUILT_IN);
  private readonly folder: TemplateFiles | undefined;
  private own = new Map<string, Map<string, Omit<Found, 'source'>>>();
  private found = new Map<string, Found>();
  private readonly archived = new Map<string, CompiledTemplate>();
  private archive: TemplateArchive | undefined;

  constructor(readonly options: TemplateOptions = {}) {
    this.folder = options.folder ? new TemplateFiles(options.folder, true) : undefined;
    // Half a program: what it cannot write it could not send, and nobody would know before somebody waits for a code.
    if (!this.builtIn.get('verification', LAST_RESORT)) throw new Error(`No texts in ${BUILT_IN}: install it again.`);
    if (this.folder?.names.length === 0) this.logger.warn(`no templates in ${this.folder.folder} yet`);
  }

  /**
   * @throws {VariableRefused} for one that is missing or that no text may carry: nothing is to be sent, nothing was spent
   * @throws {TemplateNotFound}
   */
  render(request: WordingRequest): Wording {
    return this.write(request, this.find(request));
  }

  /** The same text as when the message was first written, whatever its template says now. @throws as `render` */
  async renderAgain(request: WordingRequest, written: Written): Promise<Wording> {
    return this.write(request, await this.findAgain(request, written));
  }

  /** What would be written now, and where that comes from. @throws {TemplateNotFound} */
  find({ template: name, locale, country, variant }: Omit<WordingRequest, 'variables'>): Found {
    const wanted = locale ?? localeOf(country);
    const key = `${name}\0${wanted}\0${variant ?? ''}`;
    let found = this.found.get(key);
    if (found) return found;
    for (const tag of fallbacks(wanted)) {
      found = (variant ? this.at(name, tag, variant) : undefined) ?? this.at(name, tag, null);
      if (found) break;
    }
    if (!found) throw new TemplateNotFound(`"${name.slice(0, 64)}"`);
    if (this.found.size >= MOST_FOUND) this.found.clear();
    this.found.set(key, found);
    return found;
  }

  /** Writes a body that is no template yet. @throws {TemplateFault} and as `render` */
  try(body: string, { locale, variant, ...request }: WordingRequest): Wording {
    const written = { locale: canonical(locale ?? '') ?? LAST_RESORT, variant: variant ?? null, version: null };
    return this.write(request, { ...written, template: compile(body) });
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  get names(): readonly string[] {
    const all = [...this.builtIn.names, ...(this.folder?.names ?? []), ...this.own.keys()];
    return [...new Set(all)].sort();
  }

  /** Every wording of a template, as it is now. */
  wordingsOf(name: string): readonly Found[] {
    const keys = [...this.builtIn.keysOf(name), ...(this.folder?.keysOf(name) ?? []), ...(this.own.get(name)?.keys() ?? [])];
    return [...new Set(keys)].sort().flatMap((key) => {
      const [locale = '', variant = null] = key.split('@');
      return this.at(name, locale, variant) ?? [];
    });
  }

  /** The first language of an Accept-Language header that texts are written in; undefined: it wants none of them. */
  accepted(header: string | undefined): string | undefined {
    return acceptedLocales(header).find((tag) => this.speaks(tag));
  }

  /** Operators' own, in place of all that were there. What cannot be read is left out, and said. */
  useOwn(templates: readonly OwnTemplate[], archive: TemplateArchive): void {
    const own: typeof this.own = new Map();
    for (const { name, locale, variant, version, body } of templates) {
      const key = wordingKey(locale, variant);
      const before = this.own.get(name)?.get(key);
      try {
        const isSame = before?.version === version;
        const found = isSame ? before : { template: compile(body), locale, variant, version };
        own.set(name, (own.get(name) ?? new Map<string, Omit<Found, 'source'>>()).set(key, found));
      } catch (error) {
        this.logger.error(`template ${name} ${key}, version ${version}: ${String(error)}`);
      }
    }
    this.archive = archive;
    this.own = own;
    this.found = new Map();
  }

  /** Takes in files that changed: the operator's, and ours where they may. */
  async refreshFiles(): Promise<void> {
    const files = [this.folder, this.options.watch ? this.builtIn : undefined].filter((each) => each !== undefined);
    const changed = await Promise.all(files.map((each) => each.refresh()));
    if (!changed.includes(true)) return;
    this.found = new Map();
    this.logger.log('templates changed on disk');
  }

  private speaks(tag: string): boolean {
    const english = fallbacks(tag).slice(0, -1);
    return tag.startsWith(LAST_RESORT) || english.some((each) => this.at('verification', each, null));
  }

  private at(name: string, locale: string, variant: string | null): Found | undefined {
    const key = wordingKey(locale, variant);
    const own = this.own.get(name)?.get(key);
    if (own) return { ...own, source: 'database' };
    const inFolder = this.folder?.get(name, key);
    const template = inFolder ?? this.builtIn.get(name, key);
    return template && { template, locale, variant, version: null, source: inFolder ? 'folder' : 'built-in' };
  }

  private async findAgain(
    request: WordingRequest,
    { locale, version, variant }: Written,
  ): Promise<Omit<Found, 'source'>> {
    const { template: name } = request;
    if (locale === null) return this.find(request);
    if (version === null) {
      const key = wordingKey(locale, variant);
      const template = this.folder?.get(name, key) ?? this.builtIn.get(name, key);
      return template ? { template, locale, variant, version } : this.find({ ...request, locale, variant });
    }
    const id = { name, locale, variant, version };
    const current = this.own.get(name)?.get(wordingKey(locale, variant));
    if (current?.version === version) return current;
    const key = `${name}\0${wordingKey(locale, variant)}\0${version}`;
    let template = this.archived.get(key);
    if (!template) {
      const row = await this.archive?.find(id);
      if (!row) throw new TemplateNotFound(`"${name}" ${wordingKey(locale, variant)}, version ${version}`);
      template = compile(row.body);
      if (this.archived.size >= MOST_ARCHIVED) this.archived.clear();
      this.archived.set(key, template);
    }
    return { template, ...id };
  }

  private write(
    { variables, machineLine }: Pick<WordingRequest, 'variables' | 'machineLine'>,
    { template, locale, version, variant }: Omit<Found, 'source'>,
  ): Wording {
    checkVariables(variables);
    const { brand, doNotShare = true, smartEncoding } = this.options;
    // No prototype: a template finds nothing but what is here.
    const context = Object.assign(Object.create(null) as Record<string, unknown>, { brand, doNotShare }, variables, {
      '@locale': locale,
    });
    const said = template.write(context).trim();
    let body = machineLine ? `${said}\n\n${machineLine}` : said;
    let { segments, encoding } = measure(body);
    if (smartEncoding && encoding === 'UCS-2' && segments > 1) {
      const plain = toGsm7(body);
      const less = plain === undefined ? segments : measure(plain).segments;
      if (plain !== undefined && less < segments) [body, segments, encoding] = [plain, less, 'GSM-7'];
    }
    return { body, locale, version, variant, segments };
  }
}
