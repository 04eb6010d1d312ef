import type { Way } from '../destination-router.js';
import { floorOf } from '../learning/sampler.js';
import type { RoutingPolicy } from '../routing.options.js';
import { conversionOf, differenceOf, sharesOf } from './estimates.js';
import type { Facts, PlaceReport, ProviderReport, RuleReport, ShadowReport } from './report.types.js';
import { sentenceOf } from './sentence.js';

/** Fewer verifications at a provider say little about it. */
const ENOUGH = 30;

export function ruleReport({ country = '*', network, channel, act, by }: NonNullable<Way['rule']>): RuleReport {
  return {
    country,
    ...(network !== undefined && { network }),
    ...(channel && { channel }),
    ...(act.kind === 'providers' && { providers: act.providers }),
    ...(act.kind === 'exclude' && { exclude: act.providers }),
    ...(act.kind === 'learn' && { learn: true as const }),
    by,
  };
}

/** Why texts to one place go as they go. */
export function placeReport(way: Way, policy: RoutingPolicy, facts: Facts): PlaceReport {
  const { place, by, candidates, fixed } = way;
  const shares = by === 'learned' ? sharesOf(way.arms, policy.floor) : new Map([[fixed.providers[0] ?? '', 1]]);
  const providers = candidates.map(
    ({ provider, known, priceMicros }): ProviderReport => ({
      provider,
      share: shares.get(provider) ?? 0,
      conversion: conversionOf(known),
      verifications: known.judged,
      tries: known.tries,
      deliveryRate: known.deliveryRate ?? null,
      latencyMs: known.latencyMs ?? null,
      priceUsd: priceMicros / 1e6,
      paidUsd: known.paidMicros === undefined ? null : known.paidMicros / 1e6,
      standing: facts.standings.get(provider)?.state ?? null,
      recent: facts.recent.get(provider) ?? { tries: 0, failed: 0 },
    }),
  );
  const sorted = by === 'learned' ? [...providers].sort((a, b) => b.share - a.share) : providers;
  return {
    country: place.country,
    network: place.network || null,
    channel: place.channel,
    by,
    rule: way.rule ? ruleReport(way.rule) : null,
    providers: sorted,
    why: sentenceOf(way, policy.mode, sorted, floorOf(policy.floor, candidates.length)),
    shadow: way.arms.length > 1 && by !== 'learned' ? shadowReport(way, facts.shadows) : null,
  };
}

function shadowReport({ arms, candidates }: Way, shadows: Facts['shadows']): ShadowReport | null {
  const texts = shadows.reduce((sum, { count }) => sum + count, 0);
  if (texts === 0) return null;
  const shareOf = (of: (row: Facts['shadows'][number]) => boolean) =>
    shadows.filter(of).reduce((sum, { count }) => sum + count, 0) / texts;
  const price = (name: string) => candidates.find(({ provider }) => provider === name)?.priceMicros ?? 0;
  const shares = Object.fromEntries(
    candidates.map(({ provider }) => [provider, shareOf(({ chosen }) => chosen === provider)]),
  );
  const unmeasured = candidates.filter(({ provider, known }) => shares[provider]! > 0.1 && known.judged < ENOUGH);
  const names = unmeasured
    .map(({ provider, known }) => `${provider} (${Math.round(known.judged)} verifications)`)
    .join(', ');
  return {
    since: new Date(Math.min(...shadows.map(({ since }) => since.getTime()))),
    texts,
    agreement: shareOf(({ asked, chosen }) => asked === chosen),
    shares,
    conversionGain: differenceOf(shadows, arms),
    priceGainUsd:
      shadows.reduce((sum, { asked, chosen, count }) => sum + (price(asked) - price(chosen)) * count, 0) / texts / 1e6,
    basis: unmeasured.length === 0 ? 'measured' : 'guessed',
    caution:
      unmeasured.length === 0
        ? 'An estimate from what was measured when others were asked first, not a trial: who was asked then may have been easier or harder to reach.'
        : `Mostly a guess: hardly any text began at ${names} here, and by preference none will. Only ROUTING=learn, or a rule, measures them.`,
  };
}
