import type { Way } from '../destination-router.js';
import type { RoutingMode } from '../routing.options.js';
import type { ProviderReport } from './report.types.js';

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** Why this provider, for a person. */
export function sentenceOf(way: Way, mode: RoutingMode, providers: readonly ProviderReport[], floor: number): string {
  return [reasonOf(way, mode, providers, floor), standingOf(way, providers)].filter(Boolean).join(' ');
}

function reasonOf(way: Way, mode: RoutingMode, providers: readonly ProviderReport[], floor: number): string {
  const { rule, by, isPassedOver, fixed } = way;
  const [first, second] = providers;
  if (!first) return `Nobody who is configured carries ${way.place.channel}.`;
  const passedOver =
    isPassedOver && rule ? `A rule (${rule.by}) leaves nobody who carries this, so it is passed over. ` : '';
  if (by === 'learned') {
    const because = rule?.act.kind === 'learn' ? `a rule (${rule.by}) says learn` : 'ROUTING=learn';
    const rest = second ? ` ${second.provider} follows: ${beliefIn(second)}.` : '';
    return (
      `${passedOver}${first.provider} is asked first in ${percent(first.share)} of texts, as ${because}: ${beliefIn(first)}.${rest}` +
      ` Everybody is asked first in ${percent(floor)} at least, to stay measured.`
    );
  }
  const order = fixed.providers.join(', then ');
  if (by === 'rule' && rule)
    return rule.act.kind === 'providers'
      ? `A rule (${rule.by}) says ${order}; nobody else is asked.`
      : `A rule (${rule.by}) excludes ${rule.act.kind === 'exclude' ? rule.act.providers.join(', ') : ''}; the others are asked by preference: ${order}.`;
  return `${passedOver}No rule decides, and ROUTING=${mode} asks by preference (SMS_PROVIDERS): ${order}.`;
}

function beliefIn({ conversion: { mean, low, high }, verifications, priceUsd }: ProviderReport): string {
  const rests =
    verifications < 1
      ? 'not measured here, so believed to do as elsewhere'
      : `by ${Math.round(verifications)} recent verifications`;
  return `${percent(mean)} of what begins there converts (${percent(low)} to ${percent(high)}, ${rests}), at $${priceUsd} a segment`;
}

const IN_WORDS: Readonly<Record<string, string>> = {
  on_trial: 'on trial',
  suspended: 'suspended',
  held: 'taken out by hand',
};

function standingOf({ by }: Way, providers: readonly ProviderReport[]): string | undefined {
  const [first] = providers;
  if (!first || first.standing === null || first.standing === 'in_rotation') return undefined;
  const next = providers.find(({ standing }) => standing === 'in_rotation');
  const turn = by === 'learned' ? 'whoever is drawn next' : (next?.provider ?? 'nobody');
  return `But ${first.provider} is ${IN_WORDS[first.standing] ?? first.standing} now, so ${turn} is asked in its place.`;
}
