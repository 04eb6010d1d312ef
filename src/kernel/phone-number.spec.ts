import { inspect } from 'node:util';

import fc from 'fast-check';
import { getExampleNumber, getCountries } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';

import { InvalidPhoneFormat, PhoneNumber } from './phone-number.js';

const countries = getCountries().filter((country) => getExampleNumber(country, examples)?.isValid());
const anyNumber = fc.constantFrom(...countries).map((country) => {
  const example = getExampleNumber(country, examples);
  if (!example) throw new Error(`no example for ${country}`);
  return example;
});
const separator = fc.constantFrom('', ' ', '-', '.', ' ', '  ');

describe('PhoneNumber', () => {
  it('is the same number however its digits are grouped', () => {
    fc.assert(
      fc.property(anyNumber, fc.array(separator, { minLength: 20, maxLength: 20 }), ({ number }, separators) => {
        const spelled = `+${[...number.slice(1)].map((digit, index) => digit + (separators[index] ?? '')).join('')}`;
        expect(PhoneNumber.parse(spelled).e164).toBe(number);
      }),
    );
  });

  it('reads a national number in its default region as the same number', () => {
    fc.assert(
      fc.property(anyNumber, (example) => {
        const national = example.formatNational().replace(/[^0-9 .\-()]/g, ' ');
        expect(PhoneNumber.parse(national, example.country).e164).toBe(example.number);
      }),
    );
  });

  it('reads its own E.164 form back unchanged', () => {
    fc.assert(
      fc.property(anyNumber, ({ number }) => {
        const phone = PhoneNumber.parse(number);
        expect(PhoneNumber.parse(phone.e164, 'JP').equals(phone)).toBe(true);
      }),
    );
  });

  it('restores from its E.164 form what parsing gave out', () => {
    fc.assert(
      fc.property(anyNumber, ({ number }) => {
        const parsed = PhoneNumber.parse(number);
        const { e164, line, masked, country, lineType } = PhoneNumber.restore(parsed.e164);
        expect(parsed).toMatchObject({ e164, line, masked, country, lineType });
      }),
      { numRuns: 1_000 },
    );
  });

  it('never shows more than the mask, whoever prints it', () => {
    fc.assert(
      fc.property(anyNumber, ({ number }) => {
        const phone = PhoneNumber.parse(number);
        for (const shown of [
          `${phone}`,
          JSON.stringify({ phone }),
          inspect({ phone }, { depth: 9, showHidden: true }),
          phone.masked,
        ]) {
          expect(shown).not.toContain(number.slice(1));
          expect(shown).toContain(phone.masked);
        }
        expect(phone.masked).toMatch(/^\+\*{6}\d{2,4}$/);
      }),
    );
  });

  it('answers any text with a number or with a refusal, never with another error', () => {
    const phoneLike = fc.string({ unit: fc.constantFrom(...'+0123456789 .-()[]/x,;a٣５\u0000') });
    fc.assert(
      fc.property(fc.oneof(fc.string(), phoneLike, fc.string({ unit: 'binary' })), (text) => {
        try {
          expect(PhoneNumber.parse(text).e164).toMatch(/^\+[1-9]\d{1,14}$/);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidPhoneFormat);
          expect((error as Error).message).not.toMatch(/\d{7}/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['4155552671', 'US', '+14155552671'],
    ['+1 (415) 555-2671', 'US', '+14155552671'],
    ['[415] 555.2671', 'US', '+14155552671'],
    ['+44(0)7400123456', 'US', '+447400123456'],
    ['07400 123456', 'GB', '+447400123456'],
  ] as const)('reads %s in %s as %s', (text, region, e164) => {
    expect(PhoneNumber.parse(text, region).e164).toBe(e164);
  });

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['letters', '+1415555CALL'],
    ['an extension', '+14155552671 ext 5'],
    ['an extension after x', '+14155552671x5'],
    ['a tel: URI', 'tel:+14155552671'],
    ['full-width digits', '＋１４１５５５５２６７１'],
    ['Arabic digits', '+١٤١٥٥٥٥٢٦٧١'],
    ['a NUL', '+1415555\u00002671'],
    ['a line break', '+14155552671\n'],
    ['a zero-width space', '+1415555\u200b2671'],
    ['a number that nobody was given', '+10000000000'],
    ['too many digits', '+1415555267141555526714155'],
    ['two pluses', '++14155552671'],
    ['a plus in the middle', '1+4155552671'],
  ])('refuses %s', (_, text) => {
    expect(() => PhoneNumber.parse(text)).toThrow(InvalidPhoneFormat);
  });

  it.each([
    ['+14155552671', '+******2671'],
    ['+4915112345678', '+******5678'],
    ['+447400123456', '+******3456'],
    ['+29022158', '+******58'],
  ])('masks %s as %s', (e164, mask) => {
    expect(PhoneNumber.parse(e164).masked).toBe(mask);
  });

  it.each([
    ['+14155552671', 'US', 'FIXED_LINE_OR_MOBILE'],
    ['+447400123456', 'GB', 'MOBILE'],
    ['+442079460000', 'GB', 'FIXED_LINE'],
    ['+19002345678', 'US', 'PREMIUM_RATE'],
    ['+18002345678', 'US', 'TOLL_FREE'],
  ])('knows where %s belongs', (e164, country, lineType) => {
    expect(PhoneNumber.parse(e164)).toMatchObject({ country, lineType });
  });

  it('has no country for a satellite phone', () => {
    expect(PhoneNumber.parse('+870773111632').country).toBeUndefined();
  });
});
