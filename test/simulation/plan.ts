import type { Random } from './random.js';

/** What one seed is about, drawn anew for each: faults that never meet in one plan meet in another. */
export interface Plan {
  readonly instances: number;
  readonly carriers: number;
  readonly phones: number;
  readonly visits: number;
  /** Starts by somebody who asks again as soon as a limit allows. */
  readonly pressed: number;
  readonly perDay: number;
  /** No faults at all. */
  readonly isCalm: boolean;
  /** Chance at every statement and POST. */
  readonly crash: number;
  readonly stall: number;
  readonly lost: number;
  readonly slow: number;
  readonly outage: number;
  /** Chance that a carrier's next mood is a bad one. */
  readonly trouble: number;
  /** Chance that a text's network fails, and that a report gets lost. */
  readonly undelivered: number;
  readonly reportLost: number;
}

export function planOf(random: Random): Plan {
  const isCalm = random.chance(0.1);
  const maybe = (most: number) => (!isCalm && random.chance(0.5) ? random.next() * most : 0);
  const isPressed = random.chance(0.35);
  return {
    instances: random.between(2, 3),
    carriers: random.weighted({ '1': 1, '2': 6, '3': 2 }) === '1' ? 1 : random.between(2, 3),
    phones: random.between(2, 3),
    visits: isPressed ? 1 : random.between(3, 6),
    pressed: isPressed ? random.between(10, 14) : 0,
    perDay: random.chance(0.3) ? 7 : 20,
    isCalm,
    crash: maybe(0.05),
    stall: maybe(0.1),
    lost: maybe(0.05),
    slow: maybe(0.2),
    outage: maybe(0.01),
    trouble: maybe(0.9),
    undelivered: maybe(0.5),
    reportLost: maybe(0.5),
  };
}
