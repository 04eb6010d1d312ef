import { useEffect, useState } from 'preact/hooks';

import { call, post } from '../shared/api';
import { words } from '../shared/format';
import { ProblemNotice } from '../shared/loaded';
import { useAct } from '../shared/use-act';
import { useResource } from '../shared/use-resource';
import type { Plan } from './types';

const BUTTONS = [
  ['server_error', 'Fail'],
  ['late', 'Be late'],
  ['blocked', 'Be blocked'],
] as const;
const OTHERS = [
  ...['undelivered', 'silent', 'landline', 'timeout', 'throttled', 'unreachable', 'misconfigured'],
  ...['no_route', 'bad_number', 'opted_out'],
];

/** Says what is to become of the next message: to the number that is looked at, or to any. */
export function Next({ phone, version }: { readonly phone: string | undefined; readonly version: number }) {
  const found = useResource<{ plans: readonly Plan[] }>('/v1/inbox/plans');
  const { isBusy, problem, run } = useAct();
  const [other, setOther] = useState(OTHERS[0] ?? '');
  useEffect(() => found.reload(), [version]);
  const plan = async (outcome: string) => {
    const wanted = { outcome, ...(phone !== undefined && { phone }) };
    await run(() => post('/v1/inbox/plans', wanted), `The next message will be: ${words(outcome)}.`);
    found.reload();
  };
  const clear = async () => {
    await run(() => call('DELETE', '/v1/inbox/plans'), 'The next messages are delivered as usual.');
    found.reload();
  };
  const plans = found.data?.plans ?? [];
  return (
    <section class="card stack tight" aria-labelledby="next-title">
      <h2 id="next-title">The next message {phone === undefined ? 'to anybody' : `to ${phone}`} shall</h2>
      <div class="row">
        {BUTTONS.map(([outcome, name]) => (
          <button key={outcome} type="button" disabled={isBusy} onClick={() => void plan(outcome)}>
            {name}
          </button>
        ))}
      </div>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          void plan(other);
        }}
      >
        <label class="grow">
          Or else
          <select value={other} onChange={(event) => setOther(event.currentTarget.value)}>
            {OTHERS.map((outcome) => (
              <option key={outcome} value={outcome}>
                {words(outcome)}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="low" disabled={isBusy}>
          Set
        </button>
      </form>
      {problem && <ProblemNotice problem={problem} />}
      {plans.length > 0 && (
        <div class="notice stack tight">
          <ul class="plain small" aria-label="Waiting">
            {plans.map(({ id, outcome, phone: to, times }) => (
              <li key={id}>
                <strong>{words(outcome)}</strong> waits for the next to {to ?? 'anybody'}
                {times > 1 && `, ${times} tries`}
              </li>
            ))}
          </ul>
          <button type="button" class="small" disabled={isBusy} onClick={() => void clear()}>
            Forget
          </button>
        </div>
      )}
    </section>
  );
}
