const { cos, log, PI, sqrt } = Math;

/** Numbers from 0 up to, not including, 1. */
export type Random = () => number;

/** The same numbers for the same seed; for reports, which should not flicker, and for tests. (mulberry32) */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Of Gamma(shape, 1), by Marsaglia and Tsang (2000): about 1.05 normals a draw, whatever the shape. */
class Gamma {
  private readonly d: number;
  private readonly c: number;
  /** Below 1 it is drawn one higher, and taken to a power. */
  private readonly boost: number;

  constructor(shape: number) {
    this.d = (shape < 1 ? shape + 1 : shape) - 1 / 3;
    this.c = 1 / sqrt(9 * this.d);
    this.boost = shape < 1 ? 1 / shape : 0;
  }

  draw(random: Random): number {
    const { d, c, boost } = this;
    for (;;) {
      const x = normal(random);
      const v = (1 + c * x) ** 3;
      if (v <= 0) continue;
      const u = 1 - random();
      if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return boost === 0 ? d * v : d * v * (1 - random()) ** boost;
    }
  }
}

/** Box and Muller; the second of the pair is let go of, so that nothing is shared between callers. */
const normal = (random: Random) => sqrt(-2 * log(1 - random())) * cos(2 * PI * random());

/** What is believed of a rate: Beta(alpha, beta). */
export class Beta {
  private readonly yes: Gamma;
  private readonly no: Gamma;

  /** Both above 0. */
  constructor(
    readonly alpha: number,
    readonly beta: number,
  ) {
    this.yes = new Gamma(alpha);
    this.no = new Gamma(beta);
  }

  get mean(): number {
    return this.alpha / (this.alpha + this.beta);
  }

  draw(random: Random): number {
    const yes = this.yes.draw(random);
    return yes / (yes + this.no.draw(random) || 1);
  }
}
