import { compile } from './compile.js';
import { TemplateFault, VariableRefused } from './template.errors.js';

const write = (body: string, variables: Record<string, unknown> = {}, locale = 'en') =>
  compile(body).write(Object.assign(Object.create(null), variables, { '@locale': locale }));

describe('a template', () => {
  it('says its variables as they are: a text is no page', () => {
    expect(write('{{brand}} {{{brand}}}', { brand: 'A&B <"\'`=>' })).toBe('A&B <"\'`=> A&B <"\'`=>');
    expect(write('{{count}} {{flag}}', { count: 0, flag: false })).toBe('0 false');
  });

  it.each(['{{code}}', '{{minutes code}}', '{{#if a}}x{{/if}}{{code}}', '{{#if a}}{{else}}{{code}}{{/if}}'])(
    'refuses %j without a code',
    (body) => {
      expect(() => write(body, {})).toThrow(VariableRefused);
      expect(() => write(body, { code: undefined })).toThrow('The variable "code" is missing.');
      expect(compile(body).needed).toEqual(new Set(['code']));
    },
  );

  it.each([
    ['{{code}}', true],
    ['{{#if a}}{{code}}{{else}}- {{code}}{{/if}}', true],
    ['{{number code}}', false],
    ['{{#if a}}{{code}}{{/if}}', false],
    ['{{#unless a}}{{code}}{{else}}{{minutes code}}{{/unless}}', false],
  ])('%j says the code in any case, as it is: %s', (body, says) => expect(compile(body).plain.has('code')).toBe(says));

  it('needs nothing that it only says where it is there', () => {
    const body = 'Hi{{#if name}} {{name}}{{/if}}{{#unless end}}!{{else}} {{end}}{{/unless}}';
    expect(compile(body).needed).toEqual(new Set());
    expect([write(body), write(body, { name: 'Ada', end: '.' })]).toEqual(['Hi!', 'Hi Ada .']);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf'])('finds no %s', (name) => {
    expect(() => write(`{{${name}}}`, {})).toThrow(name === '__proto__' ? TemplateFault : VariableRefused);
  });

  it.each([
    ['a\n{{#if x}}', 2, /cannot be read/, /too few or too many/],
    ['{{#if x}}\n\n{{/unless}}', 1, /if doesn't match unless/, /Close/],
    ['{{code', 1, /cannot be read/, /brace/],
    ['ok\n{{shout code}}', 2, /no helper "shout"/, /\{\{minutes name\}\}/],
    ['{{#each codes}}x{{/each}}', 1, /no \{\{#each\}\}/, /There are/],
    ['{{#with code}}x{{/with}}', 1, /no \{\{#with\}\}/, /There are/],
    ['{{lookup a b}}', 1, /no helper "lookup"/, /There are/],
    ['{{log code}}', 1, /no helper "log"/, /There are/],
    ['{{> other}}', 1, /partials/, /There are/],
    ['{{* other}}', 1, /partials and decorators/, /There are/],
    ['{{#> layout}}x{{/layout}}', 1, /partials/, /There are/],
    ['{{this}}', 1, /plain names/, /There are/],
    ['{{../code}}', 1, /plain names/, /There are/],
    ['{{code.length}}', 1, /plain names/, /There are/],
    ['{{@root}}', 1, /plain names/, /There are/],
    ['{{"code"}}', 1, /plain names/, /There are/],
    ['{{[@locale]}}', 1, /plain names|no name/, /./],
    ['{{minutes (date at)}}', 1, /plain names/, /There are/],
    ['{{if}}', 1, /if asks about nothing/, /There are/],
    ['{{a}}\n{{unless}}', 2, /unless asks about nothing/, /There are/],
    ['{{minutes}}', 1, /said of nothing/, /\{\{minutes aVariable\}\}/],
    ['{{minutes a b}}', 1, /takes one/, /minutes/],
    ['{{minutes a width="wide"}}', 1, /width="wide"/, /short/],
    ['{{date at zone="Mars/Base"}}', 1, /zone="Mars\/Base"/, /Europe\/Berlin/],
    ['{{Code}}', 1, /"Code" is no name/, /letters and digits/],
    ['', 1, /empty/, /Write/],
    ['a\nb\u202Ec', 2, /U\+202E/, /Remove/],
    ['a\u0000b', 1, /U\+0000/, /Remove/],
    ['a'.repeat(1_001), 1, /more than 1000/, /Shorten/],
  ])('with the fault %j says so, with the line and the mend', (body, line, problem, mend) => {
    let fault: unknown;
    try {
      compile(body);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(TemplateFault);
    expect(fault).toMatchObject({
      line,
      message: expect.stringMatching(problem),
      hint: expect.stringMatching(mend),
      kind: 'invalid',
      code: 'INVALID_REQUEST',
    });
  });

  it('has the line ends of no system, and none at its end', () => {
    expect(write('a\r\nb\r\n\n')).toBe('a\nb');
  });

  it.each([
    ['en', 'short', 10, '10 min'],
    ['en', 'long', 1, '1 minute'],
    ['de', 'long', 10, '10 Minuten'],
    ['fr', 'short', 10, '10 min'], // no narrow no-break space, which GSM-7 has not
    ['ar', 'long', 10, '10 دقائق'],
    ['fa', 'long', 10, '10 دقیقه'], // and no digits but those of the code
    ['ru', 'long', 3, '3 минуты'],
  ])('says minutes in %s, %s', (locale, width, count, said) => {
    expect(write(`{{minutes count width="${width}"}}`, { count }, locale)).toBe(said);
  });

  it('says dates in its language and zone', () => {
    const at = '2026-11-21T14:05:00Z';
    expect(write('{{date at}}', { at })).toBe('Nov 21, 2026, 2:05 PM UTC');
    expect(write('{{date at style="long" zone="Europe/Berlin"}}', { at }, 'de')).toBe('21. November 2026 um 15:05');
    expect(write('{{date at}}', { at: Date.parse(at) }, 'fa')).toBe('30 آبان 1405، 14:05 UTC');
    expect(write('{{number count}}', { count: 1234.5 }, 'de')).toBe('1.234,5');
  });

  it.each(['{{minutes x}}', '{{number x}}', '{{date x}}'])('%s refuses what is none', (body) => {
    for (const x of ['soon', '', ' ', true]) expect(() => write(body, { x })).toThrow(VariableRefused);
  });
});
