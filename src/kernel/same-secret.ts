import { timingSafeEqual } from 'node:crypto';

/** Takes the same time wherever two texts of the same length differ. */
export function isSameSecret(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
