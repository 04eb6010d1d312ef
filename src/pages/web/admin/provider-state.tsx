import { Badge, type Tone } from '../shared/badge';
import type { Provider, ProviderState } from './types/providers';

const TONE: Readonly<Record<ProviderState, Tone>> = {
  in_rotation: 'good',
  on_trial: 'warn',
  suspended: 'bad',
  held: 'bad',
};

export const STATE_WORDS: Readonly<Record<ProviderState, string>> = {
  in_rotation: 'in rotation',
  on_trial: 'on trial',
  suspended: 'out of rotation',
  held: 'taken out by hand',
};

export const StateBadge = ({ state }: { readonly state: ProviderState }) => (
  <Badge tone={TONE[state]}>{STATE_WORDS[state]}</Badge>
);

/** One sentence, to be read out. */
export const describeState = ({ name, state, why }: Provider): string =>
  `${name} is ${STATE_WORDS[state]}${why ? `: ${why}` : ''}.`;
