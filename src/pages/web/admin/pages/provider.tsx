import { useEffect } from 'preact/hooks';

import { count, millis } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Link } from '../../shared/router';
import { Table, type Column } from '../../shared/table';
import { Ago, Time } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { Facts } from '../facts';
import { HoldButton } from '../hold';
import { useLive } from '../live';
import { STATE_WORDS, StateBadge } from '../provider-state';
import type { PageProps } from '../page-props';
import type { Provider, ProviderState } from '../types/providers';

/** One provider: where it stands in the rotation, how it came there, what went wrong last. */
export function ProviderPage({ id }: PageProps) {
  const resource = useResource<Provider>(`/v1/admin/providers/${id}`);
  const { now } = useLive();
  const live = now?.providers.find(({ name }) => name === decodeURIComponent(id));
  useEffect(() => {
    if (live) resource.set(live);
  }, [live]);
  const { data } = resource;
  return (
    <Page title={decodeURIComponent(id)} lede="Provider" actions={<Actions provider={data} />}>
      <Loaded of={resource}>{(provider) => <Details provider={provider} />}</Loaded>
    </Page>
  );
}

const Actions = ({ provider }: { readonly provider?: Provider }) =>
  provider && (
    <>
      <Link class="button" href={`/admin/messages?provider=${encodeURIComponent(provider.name)}`}>
        Its texts
      </Link>
      <HoldButton provider={provider} />
    </>
  );

const WAY: readonly ProviderState[] = ['in_rotation', 'suspended', 'on_trial'];

function Details({ provider }: { readonly provider: Provider }) {
  const { state, since, why, heldBy, recent, consecutiveFailures, trial, nextPingAt, lastErrors, history } = provider;
  return (
    <>
      <Card title="Where it stands" aside={<StateBadge state={state} />}>
        <ol class="states" aria-label="States, in the order in which they follow">
          {(state === 'held' ? (['in_rotation', 'held', 'on_trial'] as const) : WAY).map((step) => (
            <li key={step} aria-current={step === state ? 'step' : undefined}>
              {STATE_WORDS[step]}
            </li>
          ))}
        </ol>
        <p>
          Since <Time at={since} /> (<Ago at={since} />)
          {why && (
            <>
              : <strong>{why}</strong>
            </>
          )}
          {heldBy && <>, by {heldBy}</>}
        </p>
        {trial && (
          <p>
            On trial: {trial.sent} of at most {trial.allowed} texts sent, {trial.succeeded} taken.
          </p>
        )}
        {nextPingAt && (
          <p class="muted">
            It is asked again <Ago at={nextPingAt} />; two good answers earn it a trial.
          </p>
        )}
      </Card>
      <Card title="The last 5 minutes">
        <Facts
          facts={[
            ['Tries', count(recent.calls)],
            ['Failed', count(recent.failed)],
            ['Failed in a row, now', count(consecutiveFailures)],
            ['Slower than 2 s', count(recent.slow)],
            ['Half within', millis(recent.p50Ms)],
            ['95 % within', millis(recent.p95Ms)],
          ]}
        />
      </Card>
      <Card title="Last errors">
        <Table
          caption="Last errors, newest first"
          columns={ERRORS}
          rows={lastErrors}
          keyOf={({ at }, index) => `${at} ${index}`}
          empty="None in the last day."
        />
      </Card>
      <Card title="How it came here">
        <Table
          caption="Changes of its standing, newest first"
          columns={CHANGES}
          rows={history}
          keyOf={({ at }, index) => `${at} ${index}`}
          empty="It has been in the rotation all the time."
        />
      </Card>
    </>
  );
}

const ERRORS: readonly Column<Provider['lastErrors'][number]>[] = [
  { head: 'When', cell: ({ at }) => <Time at={at} /> },
  { head: 'Fault', isName: true, cell: ({ code }) => <code>{code}</code> },
  { head: 'What it said', cell: ({ reason }) => reason },
];

const CHANGES: readonly Column<Provider['history'][number]>[] = [
  { head: 'When', cell: ({ at }) => <Time at={at} /> },
  { head: 'To', isName: true, cell: ({ to }) => <StateBadge state={to} /> },
  { head: 'Why', cell: ({ why }) => why },
  { head: 'By', cell: ({ by }) => by },
  { head: 'Instance', cell: ({ instance }) => instance },
];
