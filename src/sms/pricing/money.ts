/** Millionths of a dollar, whole: what is added up must not drift. */
export type Micros = number;

const PER_DOLLAR = 1_000_000;

/** Rounded up, so that no sum of prices is less than the bill. */
export const micros = (usd: number): Micros => Math.ceil(Number((usd * PER_DOLLAR).toFixed(3)));

/** `$12.34`; with all six decimals where they say something. */
export function dollars(amount: Micros): string {
  const text = (Math.abs(amount) / PER_DOLLAR).toFixed(6).replace(/0{1,4}$/, '');
  return `${amount < 0 ? '-' : ''}$${text}`;
}
