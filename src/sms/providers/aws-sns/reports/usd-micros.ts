const MICROS = 6;
/** No text costs a thousand dollars: whatever says so is no price. */
const MOST = 1_000_000_000;

/**
 * Dollars as millionths, to the nearest, by their decimal digits: 0.00645 is 6450, without a detour over binary fractions.
 * Undefined for anything but a price.
 */
export function usdMicros(price: unknown): number | undefined {
  if (typeof price !== 'number' && typeof price !== 'string') return undefined;
  const [, whole, fraction = '', exponent = '0'] =
    /^(\d{1,20})(?:\.(\d{1,30}))?(?:e([+-]?\d{1,2}))?$/i.exec(String(price)) ?? [];
  if (whole === undefined) return undefined;
  // The point moves right by six and by the exponent; one digit behind it decides the rounding.
  const shift = whole.length + MICROS + Number(exponent);
  const digits = (whole + fraction).padEnd(shift + 1, '0');
  if (shift < 0) return 0;
  const micros = Number(digits.slice(0, shift)) + (Number(digits[shift]) >= 5 ? 1 : 0);
  return micros <= MOST ? micros : undefined;
}
