import fc from 'fast-check';
import { SegmentedMessage } from 'sms-segments-calculator';

import { segmentsOf } from './segments.js';

describe('segmentsOf', () => {
  it.each([
    ['', 1],
    ['a'.repeat(160), 1],
    ['a'.repeat(161), 2],
    ['a'.repeat(306), 2],
    ['a'.repeat(307), 3],
    ['€'.repeat(80), 1],
    ['€'.repeat(81), 2],
    [`${'a'.repeat(152)}€${'a'.repeat(152)}`, 3], // the escape and its character stay together
    ['ş'.repeat(70), 1],
    ['ş'.repeat(71), 2],
    ['ş'.repeat(134), 2],
    ['ş'.repeat(135), 3],
    [`${'ş'.repeat(66)}😀${'ş'.repeat(66)}`, 3], // so do the halves of a pair
  ])('of %j is %i', (text, segments) => {
    expect(segmentsOf(text)).toBe(segments);
  });

  it("is what Twilio's own calculator says", () => {
    const unit = fc.constantFrom(...'aZ0 @£ç€{ş漢é\n^~Ωñ'.split(''), '😀');
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 320 }), (text) => {
        expect(segmentsOf(text)).toBe(new SegmentedMessage(text).segmentsCount);
      }),
      { numRuns: 150 },
    );
  });
});
