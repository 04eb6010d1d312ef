import { words } from '../shared/format';
import { Loaded } from '../shared/loaded';
import { useResource } from '../shared/use-resource';
import type { Scenario } from './types';

/** Numbers that always have the same outcome. */
export function Scenarios() {
  const found = useResource<{ scenarios: readonly Scenario[] }>('/v1/inbox/scenarios');
  return (
    <details class="card scenarios">
      <summary>Scenario numbers</summary>
      <p class="small muted">A text to one of these always has the same outcome; xx is any two digits.</p>
      <Loaded of={found}>
        {({ scenarios }) => (
          <dl class="small">
            {scenarios.map(({ number, outcome, at, about }) => (
              <div key={number} title={about}>
                <dt class="mono">{number}</dt>
                <dd>
                  {words(outcome)}
                  {at === 'first' && <span class="muted"> at the first provider</span>}
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Loaded>
    </details>
  );
}
