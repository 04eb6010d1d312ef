import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { SegmentedMessage } from 'sms-segments-calculator';

import { PriceList } from '../pricing/price-list.js';
import { Pricing } from '../pricing/pricing.js';
import { CODE_TEMPLATES, lint, lintedText, type Linted } from './lint.js';
import { BUILT_IN } from './template-files.js';
import { Templates } from './templates.js';

const RTL = ['ar', 'fa', 'he', 'ur'];
/** UCS-2 has 70 characters a segment: with the line for browsers and the app's hash, 42 of them, nothing is left to say. */
const TWO_WITH_LAST_LINE = [
  ...['ar', 'bg', 'bn', 'cs', 'el', 'fa', 'gu', 'he', 'hi', 'hu', 'ja', 'ko', 'lv', 'mr', 'pt', 'pt-BR', 'ru', 'sk', 'sr'],
  ...['ta', 'te', 'th', 'uk', 'ur', 'vi', 'zh', 'zh-Hant'],
];
/** Of an alert, whose date and advice are longer than 70 characters where GSM-7 has not their letters. */
const ONE_ALERT = [
  ...['af', 'ca', 'da', 'de', 'en', 'es', 'et', 'fi', 'fil', 'fr', 'hr', 'id', 'it', 'ms', 'nb', 'nl', 'pl', 'sr-Latn', 'sv', 'sw'],
  ...['zh', 'zh-Hant'],
];

const prices = PriceList.parse('{"default": 0.1, "twilio": {"DE": 0.05}}');
const pricing = new Pricing(['twilio'], { prices, capMicros: 1, keptPercent: 0 });
const machineLine = '@login.example.com #123456 FA+9qCX9VSu';
const templates = new Templates({ brand: 'Sixdigit' });
const all = lint(templates, pricing, { machineLine });
const of = (name: string) => all.filter((linted) => linted.name === name);
const tags = (linted: readonly Linted[]) => linted.map(({ locale }) => locale);

describe('the texts that come with the program', () => {
  it('are there in the same languages, of which there are at least 40', () => {
    const names = readdirSync(BUILT_IN).sort();
    expect(names).toEqual(['alert', ...CODE_TEMPLATES].sort());
    const files = names.map((name) => readdirSync(join(BUILT_IN, name)).sort());
    for (const list of files) expect(list).toEqual(files[0]);
    expect(files[0]!.length).toBeGreaterThanOrEqual(40);
    expect(all).toHaveLength(files.flat().length);
  });

  it('have nothing wrong with them', () => {
    expect(all.filter(({ problems }) => problems.length > 0)).toEqual([]);
  });

  it.each(CODE_TEMPLATES)('%s is one segment in every language, warning and all', (name) => {
    expect(of(name).filter(({ text }) => text?.segments !== 1)).toEqual([]);
  });

  it.each(CODE_TEMPLATES)('%s with the line for browsers and apps is one wherever GSM-7 has the letters', (name) => {
    const longer = of(name).filter(({ withMachineLine }) => withMachineLine?.segments !== 1);
    expect(tags(longer)).toEqual(TWO_WITH_LAST_LINE);
    for (const { withMachineLine } of longer)
      expect(withMachineLine).toMatchObject({ segments: 2, reason: expect.stringMatching(/of 70 characters \(UCS-2 because of /) });
  });

  it('of an alert are one segment where they can be', () => {
    expect(tags(of('alert').filter(({ text }) => text?.segments === 1))).toEqual(ONE_ALERT);
  });

  it("are measured as Twilio's own calculator does, and priced where they are read", () => {
    for (const { text, withMachineLine } of all)
      for (const measured of [text, withMachineLine])
        if (measured) expect(measured.segments).toBe(new SegmentedMessage(measured.body).segmentsCount);
    const priced = ({ name, locale }: Linted) => name === 'login' && ['de', 'en', 'ru'].includes(locale);
    expect(all.filter(priced).map(({ country, prices }) => [country, prices])).toEqual([
      ['DE', { twilio: 50_000 }],
      ['US', { twilio: 100_000 }],
      ['RU', { twilio: 200_000 }],
    ]);
  });

  it('begin with the code, in ASCII digits, have no other digits beside it, and end as a sentence', () => {
    for (const { name, locale, text } of all) {
      if (name === 'alert') continue;
      expect(text?.body).toMatch(/^123456[^\p{L}\p{N}]/u);
      expect(text?.body.match(/\p{Nd}+/gu)).toEqual(['123456', '10']);
      expect(text?.body).toMatch(locale === 'th' ? /\p{L}\p{M}*$/u : /[.。।۔]$/);
      expect(text?.body.match(/Sixdigit/g)).toHaveLength(1);
    }
  });

  it('warn not to share the code, unless they are told not to', () => {
    const quiet = new Templates({ brand: 'Sixdigit', doNotShare: false });
    const silent = lint(quiet, pricing);
    for (const { name, locale, text } of silent) {
      if (name === 'alert') continue;
      const loud = all.find((other) => other.name === name && other.locale === locale);
      expect(loud?.text?.body.startsWith(text?.body ?? '-')).toBe(true);
      expect(loud!.text!.size - text!.size).toBeGreaterThan(6);
    }
  });

  it.each(RTL)('in %s reads from the right: its first letter does, and no number touches the Latin name', (locale) => {
    const right = /[\p{Script=Arabic}\p{Script=Hebrew}]/u;
    for (const { text } of all.filter((linted) => linted.locale === locale)) {
      const said = text!.body;
      expect(said.match(/\p{L}/u)?.[0]).toMatch(right);
      // In logical order: between a run of Latin letters and a number stands a letter from the right, so that neither draws the other along.
      for (const [, between] of said.matchAll(/[A-Za-z](?=([^A-Za-z0-9]*)[0-9])/g)) expect(between).toMatch(right);
      for (const [, between] of said.replace(/(?: [AP]M)? UTC/, '').matchAll(/[0-9](?=([^A-Za-z0-9]*)[A-Za-z])/g))
        expect(between).toMatch(right);
      expect(said).not.toMatch(/[\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069]/);
    }
  });
});

describe('lint', () => {
  it('does not find nothing wrong with a template that is not there', () => {
    expect(() => lint(templates, pricing, {}, ['verifcation'])).toThrow('There is no template "verifcation".');
  });

  it('names what makes a text UCS-2, with what GSM-7 has instead', () => {
    const { encoding, flips, reason } = lintedText(`Zażółć “${'x'.repeat(70)}” 字`);
    expect(encoding).toBe('UCS-2');
    expect(flips).toEqual([
      { character: 'ż', replacement: 'z' },
      { character: 'ó', replacement: 'o' },
      { character: 'ł', replacement: 'l' },
      { character: 'ć', replacement: 'c' },
      { character: '“', replacement: '"' },
      { character: '”', replacement: '"' },
      { character: '字', replacement: null },
    ]);
    expect(reason).toBe('81 of 70 characters (UCS-2 because of ż ó ł ć “ ” and 1 more)');
  });

  it('finds what nobody could send, or would know the sender of', () => {
    const own = new Templates();
    const bodies = { en: '{{secret}}', de: '{{code}}. {{brand}}. Gilt {{minutes expiryMinutes}}.', fr: '{{code}} #1' };
    const rows = Object.entries(bodies).map(([locale, body]) => ({ name: 'login', locale, body, variant: null, version: 1 }));
    own.useOwn(rows, { find: () => Promise.resolve(undefined) });
    const found = lint(own, pricing, {}, ['login']).filter(({ source }) => source === 'database');
    expect(Object.fromEntries(found.map(({ locale, problems }) => [locale, problems]))).toEqual({
      de: ['The variable "brand" is missing.'],
      en: ['it has no {{code}}', 'it does not say who sends it: {{brand}}', 'nobody gives it secret'],
      fr: ['it does not say who sends it: {{brand}}', 'the line for browsers is added by the program'],
    });
  });
});
