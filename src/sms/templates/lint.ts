import type { Micros } from '../pricing/money.js';
import type { Pricing } from '../pricing/pricing.js';
import { measure, notGsm7, type Measure } from '../pricing/segments.js';
import type { CompiledTemplate } from './compile.js';
import { homeOf } from './locale.js';
import { TemplateNotFound } from './template.errors.js';
import { gsm7Of } from './transliterate.js';
import type { Templates, TemplateSource } from './templates.js';
import { DomainError } from '../../kernel/index.js';
import type { VariableValue } from './variables.js';

/** Those that carry a code: each should be one segment. */
export const CODE_TEMPLATES = ['verification', 'two-factor-auth', 'login', 'phone-change', 'password-reset'] as const;
export type CodeTemplate = (typeof CODE_TEMPLATES)[number];
export const isCodeTemplate = (name: string): name is CodeTemplate =>
  (CODE_TEMPLATES as readonly string[]).includes(name);

/** What a template can be given where a code is sent. */
export const CODE_VARIABLES = ['code', 'brand', 'expiryMinutes', 'doNotShare'] as const;

/** A text as it is measured: a code, a name, a last line. */
export interface Sample {
  readonly variables?: Readonly<Record<string, VariableValue>>;
  /** Of `@domain #code` and the app's hash; a text is measured without it, too. */
  readonly machineLine?: string;
}

export interface LintedText extends Measure {
  readonly body: string;
  /** Characters that GSM-7 has not, with what it has instead; null: nothing. */
  readonly flips: readonly { readonly character: string; readonly replacement: string | null }[];
  /** Why it is more than one segment. */
  readonly reason?: string;
}

export interface Linted {
  readonly name: string;
  readonly locale: string;
  readonly variant: string | null;
  readonly version: number | null;
  readonly source: TemplateSource;
  readonly country: string;
  readonly text?: LintedText;
  /** With the last line for machines, where there is one. */
  readonly withMachineLine?: LintedText;
  /** Of the text as it is sent, by provider, where its language is spoken. */
  readonly prices: Readonly<Record<string, Micros>>;
  readonly problems: readonly string[];
}

const SAMPLE: Readonly<Record<string, VariableValue>> = {
  code: '123456',
  expiryMinutes: 10,
  at: '2026-11-21T14:00:00Z',
};
const MACHINE_CODE = /#\d+/;
const TWO_STOPS = /\.\.(?!\.)/;

/**
 * What every wording costs and where it is wrong.
 * @param names only these; without: all
 * @throws {TemplateNotFound} for a name that there is not: a build that asks for it would never fail
 */
export function lint(templates: Templates, pricing: Pricing, sample: Sample = {}, names = templates.names): Linted[] {
  const strange = names.find((name) => !templates.has(name));
  if (strange !== undefined) throw new TemplateNotFound(`"${strange.slice(0, 64)}"`);
  return names.flatMap((name) =>
    templates.wordingsOf(name).map(({ template, locale, variant, version, source }) => {
      const country = homeOf(locale);
      const { variables, strange } = valuesFor(template.variables, sample.variables);
      const request = { template: name, locale, variant, country, variables };
      const problems = problemsOf(name, template, strange);
      const written = (machineLine?: string): LintedText | undefined => {
        try {
          return lintedText(templates.try(template.body, { ...request, machineLine }).body);
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          if (machineLine === undefined) problems.push(error.message);
          return undefined;
        }
      };
      const text = written();
      const isCode = isCodeTemplate(name) && sample.machineLine;
      const withMachineLine = text && isCode ? written(sample.machineLine) : undefined;
      if (text) problems.push(...stopsOf(text.body));
      const { segments } = withMachineLine ?? text ?? { segments: 0 };
      const prices = Object.fromEntries(
        pricing.names.map((provider) => [provider, pricing.price(segments, country, provider)]),
      );
      return { name, locale, variant, version, source, country, text, withMachineLine, prices, problems };
    }),
  );
}

/** One text, measured, with the reason for each segment after the first. */
export function lintedText(body: string): LintedText {
  const measured = measure(body);
  const flips = notGsm7(body).map((character) => ({ character, replacement: gsm7Of(character) ?? null }));
  const { encoding, size, capacity, segments } = measured;
  const why = encoding === 'UCS-2' ? ` (UCS-2 because of ${shown(flips.map(({ character }) => character))})` : '';
  const reason = `${size} of ${capacity} ${encoding === 'UCS-2' ? 'characters' : 'septets'}${why}`;
  return { ...measured, body, flips, ...(segments > 1 && { reason }) };
}

const shown = (characters: readonly string[]): string =>
  characters.length > 6 ? `${characters.slice(0, 6).join(' ')} and ${characters.length - 6} more` : characters.join(' ');

function valuesFor(names: ReadonlySet<string>, given: Sample['variables'] = {}) {
  const known: Record<string, VariableValue> = { ...SAMPLE, ...given };
  const strange = [...names].filter((name) => !(name in known) && !['brand', 'doNotShare'].includes(name));
  return { variables: { ...known, ...Object.fromEntries(strange.map((name) => [name, 'xxxxxxxx'])) }, strange };
}

const stopsOf = (written: string): string[] => (TWO_STOPS.test(written) ? ['a sentence ends with two stops'] : []);

/** What is wrong with a text that is no wording yet, beside its size. @param written what a phone would show */
export const problemsIn = (name: string, template: CompiledTemplate, written: string): string[] => [
  ...problemsOf(name, template, []),
  ...stopsOf(written),
];

function problemsOf(name: string, template: CompiledTemplate, strange: readonly string[]): string[] {
  const { body, plain, variables: names } = template;
  const unknown = [...names].filter((each) => !(CODE_VARIABLES as readonly string[]).includes(each));
  return [
    ...(isCodeTemplate(name) && !plain.has('code') ? ['it has no {{code}}'] : []),
    ...(isCodeTemplate(name) && !names.has('brand') ? ['it does not say who sends it: {{brand}}'] : []),
    ...(isCodeTemplate(name) && unknown.length > 0 ? [`nobody gives it ${unknown.join(', ')}`] : []),
    ...(isCodeTemplate(name) || strange.length === 0 ? [] : [`measured with 8 letters for ${strange.join(', ')}`]),
    ...(MACHINE_CODE.test(body) ? ['the line for browsers is added by the program'] : []),
  ];
}
