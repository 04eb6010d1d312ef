import type { Beta, Random } from './beta.js';
import type { Known } from './knowledge.js';

/** A provider that may be asked first. */
export interface Arm {
  readonly provider: string;
  /** Of its conversion rate. */
  readonly belief: Beta;
  /** What price, latency and delivery add to a drawn conversion rate. */
  readonly bonus: number;
}

export interface Candidate {
  readonly provider: string;
  readonly known: Known;
  /** Of one segment, by the price list. */
  readonly priceMicros: number;
}

export interface Draw {
  /** Every arm, most promising first. */
  readonly order: readonly string[];
  /** The first is there to be measured. */
  readonly isFloor: boolean;
}

/** A text that takes half a minute longer is worth that much less than one that converts. */
const LATENCY_WEIGHT = 0.05;
const SLOW_MS = 30_000;
/** Conversion says the same and more; this says it where nobody enters codes, and sooner. */
const DELIVERY_WEIGHT = 0.1;

/** @param costWeight what the dearest is worth less than a free one, in points of conversion: 0.1 is ten */
export function armsOf(candidates: readonly Candidate[], costWeight: number): readonly Arm[] {
  const dearest = Math.max(...candidates.map(({ priceMicros }) => priceMicros));
  const times = candidates.flatMap(({ known: { latencyMs } }) => latencyMs ?? []);
  const rates = candidates.flatMap(({ known: { deliveryRate } }) => deliveryRate ?? []);
  const usual = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const fastest = Math.min(...times);
  return candidates.map(({ provider, known: { belief, latencyMs, deliveryRate }, priceMicros }) => {
    const dear = dearest > 0 ? costWeight * (priceMicros / dearest) : 0;
    const slow = latencyMs === undefined ? 0 : LATENCY_WEIGHT * Math.min(1, (latencyMs - fastest) / SLOW_MS);
    // Who does not tell is thought to deliver as those do who tell.
    const delivers = deliveryRate === undefined ? 0 : DELIVERY_WEIGHT * (deliveryRate - usual);
    return { provider, belief, bonus: delivers - dear - slow };
  });
}

/** The share of first tries that each of so many gets at least. */
export const floorOf = (floor: number, arms: number): number => Math.min(floor, 0.5 / arms);

/**
 * Thompson's sampler: each arm's conversion rate is drawn from what is believed of it, and the best draw wins; so each is first as
 * often as it is probably the best. Beside that every arm gets its floor by lot, whatever is believed of it.
 */
export function draw(arms: readonly Arm[], floor: number, random: Random): Draw {
  const scored = arms.map(({ provider, belief, bonus }) => ({ provider, score: belief.draw(random) + bonus }));
  const order = scored.sort((a, b) => b.score - a.score).map(({ provider }) => provider);
  const each = floorOf(floor, arms.length);
  const lot = random();
  if (lot >= each * arms.length) return { order, isFloor: false };
  const { provider } = arms[Math.floor(lot / each)] ?? arms[0]!;
  return { order: [provider, ...order.filter((name) => name !== provider)], isFloor: true };
}
