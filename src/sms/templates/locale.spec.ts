import { getCountries } from 'libphonenumber-js/max';

import { acceptedLocales, fallbacks, homeOf, localeOf } from './locale.js';
import { Templates } from './templates.js';

describe('where a text is looked for', () => {
  it.each([
    ['pt-BR', ['pt-BR', 'pt', 'en']],
    ['pt_br', ['pt-BR', 'pt', 'en']],
    ['de-CH-1996', ['de-CH-1996', 'de-CH', 'de', 'en']],
    ['en-GB', ['en-GB', 'en']],
    ['zh-TW', ['zh-TW', 'zh-Hant-TW', 'zh-Hant', 'zh', 'en']],
    ['zh-Hant-HK', ['zh-Hant-HK', 'zh-Hant', 'zh', 'en']],
    ['zh-CN', ['zh-CN', 'zh', 'en']],
    ['sr-ME', ['sr-ME', 'sr-Latn-ME', 'sr-Latn', 'sr', 'en']],
    ['no', ['no', 'nb', 'en']],
    ['iw', ['he', 'en']],
    ['de-u-nu-arab', ['de', 'en']],
    ['../../etc/passwd', ['en']],
    ['', ['en']],
  ])('%s: %j', (tag, tags) => expect(fallbacks(tag)).toEqual(tags));

  it('ends in English for every country, and begins with what is written', () => {
    const templates = new Templates();
    for (const country of [...getCountries(), 'ZZ', '', null]) {
      const locale = localeOf(country);
      expect(templates.find({ template: 'login', country }).locale).toBe(locale);
    }
    expect(['BR', 'PT', 'TW', 'US', 'IN', 'CH', 'MX'].map(localeOf)).toEqual(['pt-BR', 'pt', 'zh-Hant', 'en', 'en', 'de', 'es']);
    expect(['pt', 'pt-BR', 'en', 'hi', 'zh-Hant'].map(homeOf)).toEqual(['PT', 'BR', 'US', 'IN', 'TW']);
  });
});

describe('Accept-Language', () => {
  it.each([
    ['fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5', ['fr-CH', 'fr', 'en', 'de']],
    ['en;q=0.2, ja', ['ja', 'en']],
    ['*', []],
    ['de;q=0, fr', ['fr']],
    ['de;q=x, \n;;q=1,,__proto__', []],
    [undefined, []],
  ])('%j: %j', (header, tags) => expect(acceptedLocales(header)).toEqual(tags));

  it('is answered in the first language that is written', () => {
    const templates = new Templates();
    expect(templates.accepted('tlh, cy;q=0.9, fr-CA;q=0.8, en;q=0.7')).toBe('fr-CA');
    expect(templates.accepted('en-AU, fr;q=0.5')).toBe('en-AU');
    expect([templates.accepted('*'), templates.accepted('tlh'), templates.accepted('de;q=0')]).toEqual([undefined, undefined, undefined]);
  });
});
