import fc from 'fast-check';

import { VariableRefused } from './template.errors.js';
import { Templates } from './templates.js';
import { checkVariables, isPlainText } from './variables.js';

const BAD = [
  ...['\n', '\r', '\u0000', '\u001B', '\u007F', '\u0085', '\u2028', '\u2029'],
  ...['\u202A', '\u202B', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069', '\u200E', '\u200F', '\u061C'],
  ...['\u200B', '\u200C', '\u200D', '\u2060', '\uFEFF', '\u00AD', '\u034F', '\u115F', '\u3164', '\uFFF9', '\uD800', '\uE000'],
];

describe('a variable', () => {
  it.each(BAD.map((character) => [`U+${character.charCodeAt(0).toString(16)}`, character]))(
    'with %s is refused wherever it stands',
    (_, character) => {
      for (const value of [character, `a${character}b`, `${character}a`, `a${character}`])
        expect(() => checkVariables({ name: value })).toThrow(VariableRefused);
    },
  );

  it('of names as people have them is taken', () => {
    const names = ["Zoë O'Neil", 'Łódź', 'محمد', 'नेहा', '株式会社', 'Ünal & Söhne <3', '❤️', 'R2-D2 #1 @home', 'دیجی\u200Cکالا', 'క్\u200Cష', '👩🏽\u200D👧'];
    for (const name of names) expect(() => checkVariables({ name, count: 3, flag: true })).not.toThrow();
  });

  it.each(['a\u200Cb', '\u200Cدی', 'دی\u200C', 'د\u200C\u200Cی', 'د\u200Bی', '👩\u200Da', '1\u200D2'])('joins nothing else: %j', (text) =>
    expect(isPlainText(text)).toBe(false),
  );

  it.each([
    ['x'.repeat(161), /longer than 160/],
    [Number.NaN, /no number/],
    [Number.POSITIVE_INFINITY, /no number/],
    [null, /neither/],
    [{ toString: () => 'x' }, /neither/],
    [['x'], /neither/],
  ])('%p is refused', (value, problem) => expect(() => checkVariables({ value })).toThrow(problem));

  it('never makes a line of its own, nor a line for browsers', () => {
    const templates = new Templates();
    const unit = fc.constantFrom(...'aé #@.0'.split(''), ...BAD, ...'{}&<'.split(''));
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (brand) => {
        const request = { template: 'verification', variables: { code: '123456', expiryMinutes: 10, brand } };
        const machineLine = '@example.com #123456';
        if (!isPlainText(brand)) return expect(() => templates.render({ ...request, machineLine })).toThrow(VariableRefused);
        const { body } = templates.render({ ...request, machineLine });
        expect(body.split('\n')).toHaveLength(3);
        expect(body.split('\n').at(-1)).toBe(machineLine);
      }),
      { numRuns: 300 },
    );
  });

  it('cannot be the last line for machines', () => {
    const variables = { code: '123456', expiryMinutes: 10, brand: 'B', machineLine: '@evil.example #000000' };
    expect(new Templates().render({ template: 'verification', variables }).body).not.toContain('evil');
  });
});
