import { Beta } from './beta.js';

/** What first tries at one provider came to, older ones counting less; sums of weights. */
export interface Measured {
  readonly country: string;
  readonly network: string;
  readonly channel: string;
  readonly provider: string;
  /** First tries, without those to numbers that no provider reaches. */
  readonly tries: number;
  readonly accepted: number;
  /** Verifications that had the time to be approved. */
  readonly judged: number;
  readonly approved: number;
  /** Texts whose end a provider told that is known to tell. */
  readonly reported: number;
  readonly delivered: number;
  /** Of those delivered, together. */
  readonly latencyMs: number;
  readonly billed: number;
  readonly costMicros: number;
}

export interface Place {
  /** Empty: of none. */
  readonly country: string;
  /** Empty: not known. */
  readonly network: string;
  readonly channel: string;
}

/** What is known of a provider at a place. */
export interface Known {
  /** Of the conversion rate. */
  readonly belief: Beta;
  /** How much of it was measured here: verifications, older ones counting less. */
  readonly judged: number;
  readonly approved: number;
  readonly tries: number;
  readonly accepted: number;
  /** Of what ended by report; undefined where its provider does not tell. */
  readonly deliveryRate?: number;
  readonly latencyMs?: number;
  /** Of one text, as booked. */
  readonly paidMicros?: number;
}

type Sums = { -readonly [Name in Exclude<keyof Measured, keyof Place | 'provider'>]: number };

/** What is believed of a rate about which nothing is known at all, and how many verifications outweigh that. */
const UNKNOWN_RATE = 0.7;
const UNKNOWN_WEIGHT = 2;
/** A wider place's word is worth that many verifications in a narrower one. */
const BORROWED = 10;
/** No prior is so sure that a few verifications could not mend it. */
const SUREST = 0.98;
/** Fewer reports say nothing about how long a text takes, or whether it arrives. */
const FEWEST_TIMED = 5;

const none = (): Sums => ({
  ...{ tries: 0, accepted: 0, judged: 0, approved: 0, reported: 0, delivered: 0, latencyMs: 0, billed: 0 },
  costMicros: 0,
});
const NAMES = Object.keys(none()) as (keyof Sums)[];

/**
 * What was measured, in a form in which a thin place borrows from wider ones. A provider is believed to convert in a country as the
 * country does, plus how much better or worse than others it does in the countries where both were measured: so that a provider
 * which is used where conversion is poor anyway is not thought poor.
 */
export class Knowledge {
  private readonly sums = new Map<string, Sums>();
  private readonly effects = new Map<string, number>();

  constructor(measured: readonly Measured[] = []) {
    for (const row of measured) {
      const { country, network, channel, provider } = row;
      const places = [channel, `${channel} ${country}`, ...(network ? [`${channel} ${country} ${network}`] : [])];
      for (const place of places) for (const key of [place, `${place}/${provider}`]) this.add(key, row);
    }
    const byProvider = new Map<string, { weight: number; sum: number }>();
    for (const [key, { judged, approved }] of this.sums) {
      const [place = '', provider] = key.split('/');
      const [channel, country, network] = place.split(' ');
      if (provider === undefined || country === undefined || network !== undefined || judged === 0) continue;
      const whole = this.sums.get(place)!;
      const own = byProvider.get(`${channel}/${provider}`) ?? { weight: 0, sum: 0 };
      own.weight += judged;
      own.sum += approved - judged * (whole.approved / whole.judged);
      byProvider.set(`${channel}/${provider}`, own);
    }
    for (const [key, { weight, sum }] of byProvider) this.effects.set(key, sum / (weight + BORROWED));
  }

  /** Places where anything was measured: countries, and networks where they are known. */
  get places(): readonly (Place & { readonly tries: number })[] {
    return [...this.sums].flatMap(([key, { tries }]) => {
      const [channel = '', country, network = ''] = key.split(' ');
      return key.includes('/') || country === undefined ? [] : [{ country, network, channel, tries }];
    });
  }

  of({ country, network, channel }: Place, provider: string): Known {
    const all = this.sumsOf(channel);
    const overall = rate(all, UNKNOWN_RATE, UNKNOWN_WEIGHT);
    const land = `${channel} ${country}`;
    const expected = rate(this.sumsOf(land), overall, BORROWED) + (this.effects.get(`${channel}/${provider}`) ?? 0);
    const here = this.sumsOf(`${land}/${provider}`);
    const borrowed = all.judged > 0 ? BORROWED : UNKNOWN_WEIGHT;
    const inCountry = beliefOf(here, expected, borrowed);
    if (!network) return known(here, inCountry);
    const narrow = this.sumsOf(`${land} ${network}/${provider}`);
    return { ...known(here, inCountry), ...known(narrow, beliefOf(narrow, inCountry.mean, borrowed)) };
  }

  private sumsOf(key: string): Readonly<Sums> {
    return this.sums.get(key) ?? NOTHING;
  }

  private add(key: string, row: Measured): void {
    const sums = this.sums.get(key) ?? none();
    for (const name of NAMES) sums[name] += row[name];
    this.sums.set(key, sums);
  }
}

const NOTHING = none();

const rate = ({ judged, approved }: Sums, expected: number, weight: number) =>
  (approved + weight * expected) / (judged + weight);

function beliefOf({ judged, approved }: Sums, expected: number, weight: number): Beta {
  const prior = Math.min(SUREST, Math.max(1 - SUREST, expected));
  return new Beta(weight * prior + approved, weight * (1 - prior) + Math.max(0, judged - approved));
}

function known(
  { tries, accepted, judged, approved, reported, delivered, latencyMs, billed, costMicros }: Sums,
  belief: Beta,
): Known {
  return {
    ...{ belief, judged, approved, tries, accepted },
    ...(reported >= FEWEST_TIMED && { deliveryRate: delivered / reported }),
    ...(delivered >= FEWEST_TIMED && { latencyMs: latencyMs / delivered }),
    ...(billed > 0 && { paidMicros: costMicros / billed }),
  };
}
