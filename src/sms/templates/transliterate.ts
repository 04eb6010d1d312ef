import { isGsm7 } from '../pricing/segments.js';

/** What no decomposition tells. */
const PLAIN: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...['\u00A0 ', '\u2002 ', '\u2003 ', '\u2009 ', '\u202F ', '\u200B', '\u200C', '\u200D', '\uFEFF', '\u00AD'],
    ...["‘'", "’'", "‚'", "‛'", "′'", "`'", "´'", '“"', '”"', '„"', '‟"', '″"', '«"', '»"', '‹<', '›>'],
    ...['‐-', '‑-', '‒-', '–-', '—-', '―-', '−-', '…...', '•-', '·.', '×x', '÷/', '©(c)', '®(R)', '™TM', '№No.'],
    ...['łl', 'ŁL', 'đd', 'ĐD', 'ðd', 'ÐD', 'ħh', 'ĦH', 'ıi', 'þth', 'ÞTh', 'œoe', 'ŒOE', 'ŧt', 'ŦT', 'ẞSS', 'ªa', 'ºo', '¼1/4', '½1/2', '¢c'],
  ].map((pair) => [pair.charAt(0), pair.slice(1)] as const),
);
const MARKS = /\p{M}/gu;

/** The nearest that GSM-7 has for one character of Latin writing; undefined: there is none. */
export function gsm7Of(character: string): string | undefined {
  if (isGsm7(character)) return character;
  const known = PLAIN[character];
  if (known !== undefined) return known;
  const base = character.normalize('NFD').replace(MARKS, '');
  if (base !== '' && isGsm7(base)) return base;
  const compatible = character.normalize('NFKD').replace(MARKS, '');
  const written = PLAIN[base] ?? compatible;
  return written !== '' && isGsm7(written) ? written : undefined;
}

/** The text in GSM-7, as far from what was written as an accent or a quote; undefined where letters would be lost. */
export function toGsm7(text: string): string | undefined {
  let written = '';
  for (const character of text.normalize('NFC')) {
    const nearest = gsm7Of(character);
    if (nearest === undefined) return undefined;
    written += nearest;
  }
  return written;
}
