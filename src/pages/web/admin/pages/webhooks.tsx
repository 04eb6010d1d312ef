import { useRef, useState } from 'preact/hooks';

import { post } from '../../shared/api';
import { Badge } from '../../shared/badge';
import { Confirm } from '../../shared/confirm';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Link } from '../../shared/router';
import { Table, type Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { SecretDialog } from '../secret';
import type { Endpoint } from '../types/webhooks';

export function EndpointState({ of: { disabledAt, disabledReason, failingSince } }: { readonly of: Endpoint }) {
  if (disabledAt)
    return (
      <>
        <Badge tone="bad">disabled</Badge> <span class="small muted">{disabledReason}</span>
      </>
    );
  if (failingSince)
    return (
      <>
        <Badge tone="warn">failing</Badge>{' '}
        <span class="small muted">
          since <Ago at={failingSince} />
        </span>
      </>
    );
  return <Badge tone="good">good</Badge>;
}

const COLUMNS: readonly Column<Endpoint>[] = [
  { head: 'Address', isName: true, cell: ({ id, url }) => <Link href={`/admin/webhooks/${id}`}>{url}</Link> },
  { head: 'State', cell: (endpoint) => <EndpointState of={endpoint} /> },
  { head: 'Is told', cell: ({ events }) => (events.length === 0 ? 'everything' : events.join(', ')) },
  { head: 'What for', cell: ({ description }) => description ?? '–' },
];

/** Servers that are told what happens. */
export function WebhooksPage() {
  const endpoints = useResource<readonly Endpoint[]>('/v1/webhook-endpoints');
  const [isNew, setNew] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [url, description] = [useRef<HTMLInputElement>(null), useRef<HTMLInputElement>(null)];
  const create = async () => {
    const made = await post<{ readonly secret: string }>('/v1/webhook-endpoints', {
      url: url.current?.value,
      ...(description.current?.value && { description: description.current.value }),
    });
    setSecret(made.secret);
    endpoints.reload();
  };
  return (
    <Page
      title="Webhooks"
      lede="Your servers are told what happens, signed, until they answer."
      actions={
        <button type="button" class="primary" onClick={() => setNew(true)}>
          Add an address
        </button>
      }
    >
      <Card title="Who is told">
        <Loaded of={endpoints}>
          {(all) => (
            <Table
              caption="Webhook endpoints"
              columns={COLUMNS}
              rows={all}
              keyOf={({ id }) => id}
              empty="Nobody. Add the address of a server that is to know what happens."
            />
          )}
        </Loaded>
      </Card>
      {isNew && (
        <Confirm
          title="Add an address"
          action="Add"
          done="The address is added."
          act={create}
          onClose={() => setNew(false)}
        >
          <label>
            Address
            <input ref={url} type="url" required placeholder="https://example.com/sixdigit" />
            <small>With https://, at a public address. It is told everything; narrow that by the API.</small>
          </label>
          <label>
            What for
            <input ref={description} maxLength={200} />
          </label>
        </Confirm>
      )}
      {secret && (
        <SecretDialog
          title="What its deliveries are signed with"
          what="the secret"
          secret={secret}
          onClose={() => setSecret(undefined)}
        />
      )}
    </Page>
  );
}
