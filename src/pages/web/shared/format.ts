const plain = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const regions = new Intl.DisplayNames(undefined, { type: 'region' });

export const count = (value: number): string => plain.format(value);

/** @param share 0 to 1; null is shown as a dash */
export const percent = (share: number | null | undefined): string => (share == null ? '–' : percents.format(share));

/** Dollars, to a hundredth of a cent where they are few. */
export const usd = (value: number | null | undefined): string =>
  value == null
    ? '–'
    : new Intl.NumberFormat(undefined, {
        style: 'currency',
        currency: 'USD',
        maximumFractionDigits: value !== 0 && Math.abs(value) < 1 ? 4 : 2,
      }).format(value);

export const millis = (value: number | null | undefined): string =>
  value == null ? '–' : value < 1_000 ? `${Math.round(value)}\u00a0ms` : `${(value / 1_000).toFixed(1)}\u00a0s`;

/** @returns such as "United States (US)"; "No country" for none */
export function countryName(code: string | null | undefined): string {
  if (!code || code === 'ZZ' || code === 'unknown') return 'No country';
  try {
    return `${regions.of(code) ?? code} (${code})`;
  } catch {
    return code;
  }
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

/** @param secs a span @returns its largest unit, or two of them: "5 s", "3 min", "2 h 5 min" */
export function span(secs: number): string {
  const whole = Math.max(0, Math.floor(secs));
  const index = UNITS.findIndex(([size]) => whole >= size);
  const unit = UNITS[index];
  if (!unit) return '0\u00a0s';
  const next = UNITS[index + 1];
  const rest = next ? Math.floor((whole % unit[0]) / next[0]) : 0;
  const first = `${Math.floor(whole / unit[0])}\u00a0${unit[1]}`;
  return rest > 0 && next && unit[0] >= 3_600 ? `${first} ${rest}\u00a0${next[1]}` : first;
}

/** A word of the API as people write it: `in_rotation` is "in rotation". */
export const words = (code: string): string => code.replaceAll('_', ' ');
