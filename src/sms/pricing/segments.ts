/** GSM 03.38: one septet each. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Two septets each: an escape and the character. */
const EXTENDED = new Set('\f^{}\\[~]|€');

const GSM_7 = { alone: 160, joined: 153 } as const;
const UCS_2 = { alone: 70, joined: 67 } as const;

/**
 * How many parts a text is billed as: 160 septets or 70 UTF-16 units alone, 153 or 67 each when joined. No character is cut in
 * two, so a part may end early. (`sms-segments-calculator` says the same, and takes 250 us to.)
 */
export function segmentsOf(text: string): number {
  const characters = [...text];
  const isGsm = characters.every((character) => BASIC.has(character) || EXTENDED.has(character));
  const { alone, joined } = isGsm ? GSM_7 : UCS_2;
  const sizes = characters.map((character) => (isGsm ? (EXTENDED.has(character) ? 2 : 1) : character.length));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  if (size <= alone) return 1;
  let [segments, used] = [1, 0];
  for (const each of sizes) {
    if (used + each > joined) [segments, used] = [segments + 1, 0];
    used += each;
  }
  return segments;
}
