import type { KeyRing, PhoneNumber } from '../kernel/index.js';

const KEY_BYTES = 16;
/** Last digits that each level below the country leaves off, the widest first. */
const DROPPED = [6, 4, 3, 2] as const;
export const NO_COUNTRY = 'ZZ';

export const countryOf = (phone: PhoneNumber): string => phone.country ?? NO_COUNTRY;

/** What the prefixes of a phone are called, the country first. Its name is in each: short numbers must not share theirs. */
export function prefixesOf(line: string, country: string): readonly string[] {
  return ['cc', ...DROPPED.map((digits) => `${digits}\0${line.slice(0, Math.max(2, line.length - digits))}`)].map(
    (prefix) => `${country}\0${prefix}`,
  );
}

/** Their keys: 16 bytes of an HMAC. Null where there is no former secret. */
export function prefixKeys(
  keys: KeyRing,
  phone: PhoneNumber,
  secret: 'current' | 'former' = 'current',
): Buffer[] | null {
  const found: Buffer[] = [];
  for (const prefix of prefixesOf(phone.line, countryOf(phone))) {
    const key = secret === 'current' ? keys.lookupKey('prefix', prefix) : keys.formerLookupKey('prefix', prefix);
    if (!key) return null;
    found.push(key.subarray(0, KEY_BYTES));
  }
  return found;
}
