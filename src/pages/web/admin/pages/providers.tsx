import { useEffect } from 'preact/hooks';

import { count, millis } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Link } from '../../shared/router';
import { Table, type Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { HoldButton } from '../hold';
import { useLive } from '../live';
import { StateBadge } from '../provider-state';
import type { Provider } from '../types/providers';

const COLUMNS: readonly Column<Provider>[] = [
  {
    head: 'Provider',
    isName: true,
    cell: ({ name }) => <Link href={`/admin/providers/${encodeURIComponent(name)}`}>{name}</Link>,
  },
  { head: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  {
    head: 'Since',
    cell: ({ since, why }) => (
      <>
        <Ago at={since} />
        {why && <div class="muted small">{why}</div>}
      </>
    ),
  },
  { head: 'Tries, 5 min', isNumber: true, cell: ({ recent }) => count(recent.calls) },
  { head: 'Failed', isNumber: true, cell: ({ recent }) => count(recent.failed) },
  { head: 'Half within', isNumber: true, cell: ({ recent }) => millis(recent.p50Ms) },
  { head: 'By hand', cell: (provider) => <HoldButton provider={provider} /> },
];

/** Who carries texts now, and who does not. */
export function ProvidersPage() {
  const providers = useLiveProviders();
  return (
    <Page title="Providers" lede="In the order in which they are asked.">
      <Card title="In and out of the rotation">
        <Loaded of={providers}>
          {({ providers }) => (
            <Table
              caption="Providers, most preferred first"
              columns={COLUMNS}
              rows={providers}
              keyOf={({ name }) => name}
              empty="No provider is configured. Set the credentials of one in the environment, and start again."
            />
          )}
        </Loaded>
      </Card>
    </Page>
  );
}

/** Asked for once, and from then on as the stream says. */
function useLiveProviders() {
  const resource = useResource<{ readonly providers: readonly Provider[] }>('/v1/admin/providers');
  const { now } = useLive();
  useEffect(() => {
    if (now) resource.set({ providers: now.providers });
  }, [now]);
  return resource;
}
