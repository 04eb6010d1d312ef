import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';

import { AuditLog } from '../audit/index.js';
import type { Operator } from '../http/index.js';
import { answerTo, Database, PrismaService, valuesFor } from '../prisma/index.js';
import {
  canonical,
  CODE_VARIABLES,
  compile,
  isCodeTemplate,
  isTemplateName,
  lint,
  lintedText,
  problemsIn,
  Pricing,
  TemplateFault,
  TemplateNotFound,
  Templates,
  wordingKey,
  type CompiledTemplate,
  type Linted,
  type LintedText,
  type Sample,
  type TemplateSource,
  type VariableValue,
} from '../sms/index.js';
import { TemplateKeeper } from './template-keeper.js';
import { TEMPLATES_OPTIONS, type TemplatesOptions } from './templates.options.js';
import { DELETE, PUT } from './templates.sql.js';

const VARIANT = /^[a-z0-9][a-z0-9-]{0,31}$/;
/** Of the versions of one text, shown. */
const MOST_SHOWN = 100;

export interface TemplateId {
  readonly name: string;
  readonly locale: string;
  readonly variant?: string | null;
}

export interface TemplateVersion {
  readonly version: number;
  readonly body: string;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly deletedAt?: Date;
}

export interface TemplateState extends Required<TemplateId> {
  readonly source: TemplateSource;
  /** Of the database; null for files. */
  readonly version: number | null;
  readonly body: string;
  /** Newest first. */
  readonly versions: readonly TemplateVersion[];
}

export interface PreviewRequest {
  readonly name: string;
  /** In its stead. */
  readonly body?: string;
  readonly locale?: string;
  /** ISO 3166-1 alpha-2 of the phone. */
  readonly country?: string;
  readonly variant?: string;
  readonly variables?: Readonly<Record<string, VariableValue>>;
}

export interface Preview extends LintedText {
  readonly locale: string;
  readonly version: number | null;
  readonly variant: string | null;
  /** Dollars by provider, of this text to that country. */
  readonly prices: Readonly<Record<string, number>>;
  /** Of a text that is no template yet: what `lint` would say once it is one. */
  readonly problems: readonly string[];
}

/** Operators' own texts: put, looked at, taken back. */
@Injectable()
export class TemplateOffice {
  constructor(
    private readonly templates: Templates,
    private readonly keeper: TemplateKeeper,
    private readonly pricing: Pricing,
    private readonly database: Database,
    private readonly prisma: PrismaService,
    private readonly audit: AuditLog,
    @Inject(TEMPLATES_OPTIONS) private readonly options: TemplatesOptions,
  ) {}

  /** Every wording as it is sent now, measured and priced. @param name only this template @throws {TemplateNotFound} */
  lint(name?: string): Linted[] {
    return lint(this.templates, this.pricing, this.sample, name === undefined ? undefined : [name]);
  }

  /** @throws {TemplateNotFound | DatabaseUnavailable} */
  async get(id: TemplateId): Promise<TemplateState> {
    const where = known(id);
    const { name, locale, variant } = where;
    const current = this.templates
      .wordingsOf(name)
      .find((found) => found.locale === locale && found.variant === variant);
    const rows = await answerTo(
      this.prisma.messageTemplate.findMany({ where, orderBy: { version: 'desc' }, take: MOST_SHOWN }),
    );
    const newest = rows[0];
    if (!current && !newest) throw new TemplateNotFound(nameOf(where));
    const versions = rows.map(({ version, body, createdBy, createdAt, deletedAt }) => ({
      ...{ version, body, createdBy, createdAt },
      ...(deletedAt && { deletedAt }),
    }));
    const now = current ?? this.templates.find({ template: name, locale });
    return { ...where, source: now.source, version: now.version, body: now.template.body, versions };
  }

  /**
   * A new version, which every instance writes with in seconds. The same body again is no new version.
   * @throws {TemplateFault} for what cannot be read, or could never be sent; and {DatabaseUnavailable}
   */
  async put(id: TemplateId, text: string, who: Operator): Promise<TemplateState> {
    const where = known(id);
    const { body } = refuseUnsendable(where.name, text);
    await this.keeper.refresh();
    const before = await this.get(where).catch((error: unknown) => {
      if (error instanceof TemplateNotFound) return undefined;
      throw error;
    });
    if (before?.source === 'database' && before.body === body) return before;
    const act = this.audit.parametersOf({ who, act: 'template.put' });
    await this.database.query(PUT, valuesFor(PUT, { ...where, id: randomUUID(), body, ...act }));
    await this.keeper.refresh();
    return this.get(where);
  }

  /** What a version said becomes the newest one. @throws {TemplateNotFound} and as `put` */
  async rollBack(id: TemplateId, version: number, who: Operator): Promise<TemplateState> {
    const where = known(id);
    const row = await this.keeper.find({ ...where, version });
    if (!row) throw new TemplateNotFound(`${nameOf(where)}, version ${version}`);
    return this.put(where, row.body, who);
  }

  /** The file's text is sent again, or that of the next language. Messages under way keep theirs. @throws {TemplateNotFound} */
  async remove(id: TemplateId, who: Operator): Promise<void> {
    const where = known(id);
    const act = this.audit.parametersOf({ who, act: 'template.delete' });
    const [done] = await this.database.query(DELETE, valuesFor(DELETE, { ...where, ...act }));
    if (!done) throw new TemplateNotFound(nameOf(where));
    await this.keeper.refresh();
  }

  /** What would be sent, and what it would cost. @throws {TemplateFault | VariableRefused | TemplateNotFound} */
  preview({ name, body, locale, country, variant, variables }: PreviewRequest): Preview {
    const request = {
      ...{ template: name, locale, country, variant },
      variables: { ...this.sample.variables, ...variables },
      machineLine: isCodeTemplate(name) ? this.sample.machineLine : undefined,
    };
    const draft = body === undefined ? undefined : refuseUnsendable(name, body);
    const wording = body === undefined ? this.templates.render(request) : this.templates.try(body, request);
    const text = lintedText(wording.body);
    const prices = Object.fromEntries(
      this.pricing.names.map((provider) => [
        provider,
        this.pricing.price(text.segments, country ?? null, provider) / 1_000_000,
      ]),
    );
    const { locale: written, version, variant: used } = wording;
    const problems = draft ? problemsIn(name, draft, text.body) : [];
    return { ...text, locale: written, version, variant: used, prices, problems };
  }

  private get sample(): Sample {
    const { code, machineLine } = this.options;
    const variables = { code, expiryMinutes: 10, at: '2026-11-21T14:00:00Z' };
    return { variables, ...(machineLine && { machineLine }) };
  }
}

/** @throws {TemplateFault} for what cannot be read, or could never be sent */
function refuseUnsendable(name: string, text: string): CompiledTemplate {
  const template = compile(text);
  const { body, variables, plain } = template;
  if (!isCodeTemplate(name)) return template;
  if (!plain.has('code'))
    throw new TemplateFault(1, 'it has no {{code}}.', 'Write {{code}} where the code is to stand, as it is.');
  const strange = [...variables].find((each) => !(CODE_VARIABLES as readonly string[]).includes(each));
  if (strange === undefined) return template;
  throw new TemplateFault(
    body.slice(0, body.indexOf(strange)).split('\n').length,
    `nobody gives it {{${strange}}}.`,
    `A text with a code has ${CODE_VARIABLES.join(', ')}.`,
  );
}

/** @throws {TemplateNotFound} for what cannot be one */
function known({ name, locale, variant }: TemplateId) {
  const tag = canonical(locale);
  const isRight = isTemplateName(name) && tag && tag.length <= 35 && (!variant || VARIANT.test(variant));
  if (!isRight)
    throw new TemplateFault(1, 'it cannot be named like this.', 'Write name/locale, such as verification/pt-BR; a variant is letters, digits and dashes.');
  return { name, locale: tag, variant: variant || null };
}

const nameOf = ({ name, locale, variant }: TemplateId) => `${name}/${wordingKey(locale, variant)}`;
