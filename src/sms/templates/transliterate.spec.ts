import fc from 'fast-check';

import { isGsm7 } from '../pricing/segments.js';
import { toGsm7 } from './transliterate.js';

describe('toGsm7', () => {
  it.each([
    ['“Don’t” – wait… now', '"Don\'t" - wait... now'],
    ['Zażółć gęślą jaźń', 'Zazólc gesla jazn'.replace('ó', 'o')],
    ['Příliš žluťoučký kůň', 'Prilis zlutoucky kun'],
    ['Şişli İstanbul ığ ç', 'Sisli Istanbul ig c'],
    ['Không chia sẻ mã ước đi', 'Không chia se ma uoc di'.replace('ô', 'o')],
    ['código à é ñ', 'codigo à é ñ'], // what GSM-7 has stays
    ['ﬁ ½ №', 'fi 1/2 No.'],
  ])('%s', (text, written) => expect(toGsm7(text)).toBe(written));

  it.each(['Код', 'كود', '验证码', 'κωδικός', 'a😀'])('loses no letters: %s stays', (text) =>
    expect(toGsm7(text)).toBeUndefined(),
  );

  it('is GSM-7, or nothing; and leaves GSM-7 alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
        const written = toGsm7(text);
        if (written !== undefined) expect(isGsm7(written)).toBe(true);
        if (isGsm7(text)) expect(written).toBe(text);
      }),
    );
  });
});
