import { createHash } from 'node:crypto';

export interface Share {
  readonly name: string;
  /** Percent. */
  readonly weight: number;
  readonly isStopped: boolean;
}

/** Draws one of them, each as often as its weight says. @param lot 0 to 1, without 1 */
function draw(shares: readonly Share[], lot: number): string | null {
  const all = shares.reduce((sum, { weight }) => sum + weight, 0);
  let rest = lot * all;
  for (const { name, weight } of shares) if ((rest -= weight) < 0) return name;
  return shares.at(-1)?.name ?? null;
}

const BYTES = 6;
const RANGE = 2 ** (8 * BYTES);

/**
 * The arm of a verification, by nothing but both ids: whoever asks, on any instance, hears the same. Stopping an arm moves
 * nobody but those that it would have had, who are dealt anew among the others.
 */
export function armOf(experimentId: string, verificationId: string, shares: readonly Share[]): string | null {
  const lots = createHash('sha256').update(`${experimentId}:${verificationId}`).digest();
  const lot = (nth: number) => lots.readUIntBE(nth * BYTES, BYTES) / RANGE;
  const first = draw(shares, lot(0));
  const isStopped = shares.some(({ name, isStopped }) => name === first && isStopped);
  return isStopped
    ? draw(
        shares.filter((share) => !share.isStopped),
        lot(1),
      )
    : first;
}
