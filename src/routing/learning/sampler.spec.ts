import { PhoneNumber } from '../../kernel/index.js';
import type { SmsProvider } from '../../sms/index.js';
import { DestinationRouter } from '../destination-router.js';
import { RouteBook } from '../route-book.js';
import type { RoutingPolicy } from '../routing.options.js';
import { Beta, seeded } from './beta.js';
import { Knowledge, type Measured } from './knowledge.js';
import { armsOf, draw } from './sampler.js';

const PHONES = {
  US: PhoneNumber.parse('+14155552671'),
  GB: PhoneNumber.parse('+447400123456'),
  FR: PhoneNumber.parse('+33612345678'),
};
type Country = keyof typeof PHONES;

/** What a provider is really like. */
interface Truth {
  readonly price?: number;
  /** The chance that a code which it is asked to send first is entered. */
  converts(country: Country, minute: number): number;
}

const HALF_LIFE_MIN = 360;
const BUCKET_MIN = 10;
/** A verification is not judged before. */
const JUDGED_AFTER_MIN = 3;
const NO_ROW = { reported: 0, delivered: 0, latencyMs: 0, billed: 0, costMicros: 0 };

/** Sends `perMinute` codes a minute to each country by the real router, which learns from them as the program does. */
class Market {
  readonly first: { country: Country; provider: string; why: string | null; minute: number }[] = [];
  readonly book = new RouteBook();
  readonly router: DestinationRouter;
  regret = 0;
  private minute = 0;
  private readonly random: () => number;
  private readonly buckets = new Map<
    string,
    { at: number; country: Country; provider: string; judged: number; approved: number }
  >();
  private readonly unjudged: { minute: number; country: Country; provider: string; approved: boolean }[] = [];

  constructor(
    private readonly truths: Readonly<Record<string, Truth>>,
    { mode = 'learn', seed = 1, costWeight = 0.1, floor = 0.05 }: Partial<RoutingPolicy & { seed: number }> = {},
  ) {
    this.random = seeded(seed);
    const providers = Object.keys(truths).map((name) => ({ name })) as unknown as SmsProvider[];
    const price = (name: string) => truths[name]?.price ?? 0;
    this.router = new DestinationRouter({ mode, costWeight, floor, providers, price, random: this.random }, this.book);
  }

  run(minutes: number, countries: Partial<Record<Country, number>> = { US: 20 }): this {
    for (const end = this.minute + minutes; this.minute < end; this.minute++) {
      this.learn();
      for (const [country, count] of Object.entries(countries) as [Country, number][])
        for (let text = 0; text < count; text++) this.send(country);
    }
    return this;
  }

  share(provider: string, from = 0, country: Country = 'US'): number {
    const texts = this.first.filter((text) => text.minute >= from && text.country === country);
    return texts.filter((text) => text.provider === provider).length / texts.length;
  }

  private send(country: Country): void {
    const destination = { to: PHONES[country], channel: 'sms' as const };
    const { providers, why } = this.router.routeTo(destination);
    const provider = providers[0]!;
    this.router.began(destination, provider, why);
    this.first.push({ country, provider, why, minute: this.minute });
    const chance = this.truths[provider]!.converts(country, this.minute);
    const best = Math.max(...Object.values(this.truths).map((truth) => truth.converts(country, this.minute)));
    this.regret += best - chance;
    this.unjudged.push({ minute: this.minute, country, provider, approved: this.random() < chance });
  }

  private learn(): void {
    while (this.unjudged[0] && this.unjudged[0].minute <= this.minute - JUDGED_AFTER_MIN) {
      const { minute, country, provider, approved } = this.unjudged.shift()!;
      const at = Math.floor(minute / BUCKET_MIN);
      const bucket = this.buckets.get(`${at} ${country} ${provider}`) ?? {
        at,
        country,
        provider,
        judged: 0,
        approved: 0,
      };
      bucket.judged++;
      bucket.approved += approved ? 1 : 0;
      this.buckets.set(`${at} ${country} ${provider}`, bucket);
    }
    const rows: Measured[] = [...this.buckets.values()].map(({ at, country, provider, judged, approved }) => {
      const weight = 0.5 ** ((this.minute - at * BUCKET_MIN) / HALF_LIFE_MIN);
      const sums = {
        judged: judged * weight,
        approved: approved * weight,
        tries: judged * weight,
        accepted: judged * weight,
      };
      return { country, provider, network: '', channel: 'sms', ...sums, ...NO_ROW };
    });
    this.book.learn(new Knowledge(rows));
  }
}

const always = (chance: number, price?: number): Truth => ({
  converts: () => chance,
  ...(price !== undefined && { price }),
});
const SEEDS = [1, 2, 3, 4];
jest.setTimeout(60_000);

describe('a draw of Beta', () => {
  it.each([
    [2, 5],
    [0.4, 0.7],
    [900, 100],
  ])('has the mean and the spread of Beta(%d, %d)', (alpha, beta) => {
    const random = seeded(7);
    const belief = new Beta(alpha, beta);
    const draws = Array.from({ length: 40_000 }, () => belief.draw(random));
    const mean = draws.reduce((sum, each) => sum + each, 0) / draws.length;
    const variance = draws.reduce((sum, each) => sum + (each - mean) ** 2, 0) / draws.length;
    const expected = (alpha * beta) / ((alpha + beta) ** 2 * (alpha + beta + 1));
    expect(Math.abs(mean - belief.mean)).toBeLessThan(4 * Math.sqrt(expected / draws.length));
    expect(Math.abs(variance / expected - 1)).toBeLessThan(0.05);
  });
});

describe('what is learned', () => {
  it.each(SEEDS)('moves first tries to who converts best, and away from who does not (seed %d)', (seed) => {
    const market = new Market({ poor: always(0.5), good: always(0.85), fair: always(0.7) }, { seed }).run(600);
    expect(market.share('good', 300)).toBeGreaterThan(0.8);
    expect(market.share('poor', 300)).toBeLessThan(0.08);
  });

  it('regrets ever less of its texts', () => {
    const markets = SEEDS.map((seed) => new Market({ a: always(0.6), b: always(0.8) }, { seed, floor: 0.000001 }));
    const regretOf = (minutes: number) => {
      const regrets = markets.map((market) => -market.regret + market.run(minutes).regret);
      return regrets.reduce((sum, each) => sum + each, 0) / (SEEDS.length * minutes * 20);
    };
    // Of a text; who chose by lot would regret 0.1 of every one, for ever.
    const [first, second, third] = [regretOf(60), regretOf(180), regretOf(720)];
    expect(first).toBeLessThan(0.05);
    expect(second).toBeLessThan(first / 3);
    expect(third).toBeLessThan(0.005);
  });

  it('differs by country', () => {
    const at = (us: number, gb: number): Truth => ({ converts: (country) => (country === 'US' ? us : gb) });
    const market = new Market({ a: at(0.9, 0.5), b: at(0.6, 0.85) }).run(600, { US: 20, GB: 10 });
    expect(market.share('a', 300)).toBeGreaterThan(0.85);
    expect(market.share('b', 300, 'GB')).toBeGreaterThan(0.85);
  });

  it('lends what it knows to a country where hardly anything is sent', () => {
    const market = new Market({ a: always(0.5), b: always(0.9) }).run(300, { US: 20, GB: 20 });
    const before = market.first.length;
    market.run(30, { FR: 1 });
    const french = market.first.slice(before).filter(({ provider }) => provider === 'b').length;
    expect(french).toBeGreaterThanOrEqual(24);
  });

  it('does not think a provider poor for being used where everybody converts poorly', () => {
    const inPoorCountry = (provider: string, judged: number) => ({
      country: 'GB',
      provider,
      network: '',
      channel: 'sms',
      tries: judged,
      accepted: judged,
      judged,
      approved: judged * 0.3,
      ...NO_ROW,
    });
    const inRichCountry = { ...inPoorCountry('b', 1_000), country: 'US', approved: 900 };
    const knowledge = new Knowledge([inPoorCountry('a', 1_000), inPoorCountry('b', 50), inRichCountry]);
    const place = { country: 'FR', network: '', channel: 'sms' };
    expect(knowledge.of(place, 'a').belief.mean).toBeCloseTo(knowledge.of(place, 'b').belief.mean, 2);
  });

  it('lets the price break ties', () => {
    const market = new Market({ dear: always(0.8, 10_000), cheap: always(0.8, 5_000) }).run(600);
    expect(market.share('cheap', 300)).toBeGreaterThan(0.8);
    const better = new Market({ dear: always(0.9, 10_000), cheap: always(0.6, 5_000) }).run(600);
    expect(better.share('dear', 300)).toBeGreaterThan(0.85);
    const unweighted = new Market({ dear: always(0.9, 10_000), cheap: always(0.88, 5_000) }, { costWeight: 1 }).run(
      300,
    );
    expect(unweighted.share('cheap', 100)).toBeGreaterThan(0.9);
  });

  it('recovers when a provider changes', () => {
    const CHANGE = 1_440;
    const a: Truth = { converts: (_, minute) => (minute < CHANGE ? 0.9 : 0.4) };
    const b: Truth = { converts: (_, minute) => (minute < CHANGE ? 0.5 : 0.8) };
    const market = new Market({ a, b }).run(CHANGE);
    expect(market.share('a', CHANGE - 120)).toBeGreaterThan(0.9);
    market.run(720);
    expect(market.share('b', CHANGE + 600)).toBeGreaterThan(0.85);
  });

  it('is not poisoned by texts that nobody meant to confirm: they lower everybody alike', () => {
    // Four in five texts of the second hour are pumped; whoever carries them, they are not entered.
    const under = (chance: number): Truth => ({
      converts: (_, minute) => (minute >= 60 && minute < 120 ? chance / 5 : chance),
    });
    const market = new Market({ a: under(0.9), b: under(0.6) }).run(240);
    expect(market.share('a', 60)).toBeGreaterThan(0.85);
  });
});

describe('the floor', () => {
  it.each([0.05, 0.02])('of %d is what a clearly worse provider gets, no less and no more', (floor) => {
    const market = new Market({ good: always(0.9), bad: always(0.1), worse: always(0.05) }, { floor }).run(900);
    const from = 100;
    const texts = market.first.filter(({ minute }) => minute >= from).length;
    const spread = 4 * Math.sqrt((floor * (1 - floor)) / texts);
    for (const name of ['bad', 'worse']) {
      expect(Math.abs(market.share(name, from) - floor)).toBeLessThan(spread + 0.001);
    }
    const lots = market.first.filter(({ why, minute }) => why === 'floor' && minute >= from).length / texts;
    expect(Math.abs(lots - 3 * floor)).toBeLessThan(4 * Math.sqrt((3 * floor) / texts));
  });

  it('never takes more than half of the first tries, however many providers there are', () => {
    const beliefs = Array.from({ length: 20 }, (_, index) => ({
      provider: `p${index}`,
      belief: new Beta(index === 0 ? 900 : 100, index === 0 ? 100 : 900),
      bonus: 0,
    }));
    const random = seeded(3);
    const draws = Array.from({ length: 4_000 }, () => draw(beliefs, 0.05, random));
    expect(draws.filter(({ isFloor }) => isFloor).length / draws.length).toBeCloseTo(0.5, 1);
    expect(draws.every(({ order }) => new Set(order).size === 20)).toBe(true);
  });
});

describe('the shadow', () => {
  it('changes nothing, and counts what would have been', () => {
    const truths = { first: always(0.5), second: always(0.9) };
    const market = new Market(truths, { mode: 'shadow' }).run(60);
    expect(market.share('first')).toBe(1);
    expect(market.first.every(({ why }) => why === null)).toBe(true);
    const counted = market.book.takeShadows();
    expect(counted.reduce((sum, { count }) => sum + count, 0)).toBe(market.first.length);
    expect(counted.every(({ asked }) => asked === 'first')).toBe(true);
  });
});

describe('beside conversion', () => {
  const belief = new Beta(80, 20);
  const known = { belief, judged: 90, approved: 72, tries: 90, accepted: 90 };

  it('the slower and the less delivered is worth less, and who does not tell is taken for usual', () => {
    const bonus = (known: object) =>
      armsOf(
        [
          { provider: 'a', known: { ...KNOWN, latencyMs: 5_000, deliveryRate: 0.9 }, priceMicros: 0 },
          { provider: 'b', known: { ...KNOWN, ...known }, priceMicros: 0 },
        ],
        0.1,
      ).map((arm) => arm.bonus);
    const KNOWN = known;
    const [a = 0, silent = 0] = bonus({});
    expect([a, silent]).toEqual([0, 0]);
    const [fast = 0, slow = 0] = bonus({ latencyMs: 35_000, deliveryRate: 0.9 });
    expect(fast - slow).toBeCloseTo(0.05);
    const [delivers = 0, loses = 0] = bonus({ latencyMs: 5_000, deliveryRate: 0.5 });
    expect(delivers - loses).toBeCloseTo(0.04);
  });
});
