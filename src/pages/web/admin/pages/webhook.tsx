import { useState } from 'preact/hooks';

import { post } from '../../shared/api';
import { ProblemNotice, Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Table, type Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { useAct } from '../../shared/use-act';
import { useResource } from '../../shared/use-resource';
import type { PageProps } from '../page-props';
import { StatusBadge } from '../status-badge';
import type { Delivery, Endpoint } from '../types/webhooks';
import { EndpointState } from './webhooks';

const DAY_MS = 86_400_000;

/** One address: what it was told, what it answered, and all of that again. */
export function WebhookPage({ id }: PageProps) {
  const endpoint = useResource<Endpoint>(`/v1/webhook-endpoints/${id}`);
  const [status, setStatus] = useState('');
  const deliveries = useResource<readonly Delivery[]>(
    `/v1/webhook-endpoints/${id}/deliveries${status ? `?status=${status}` : ''}`,
  );
  const { isBusy, problem, run } = useAct();
  const act = async (path: string, done: string, body?: unknown) => {
    if (await run(() => post(path, body), done)) deliveries.reload();
  };
  const columns: readonly Column<Delivery>[] = [
    { head: 'Event', isName: true, cell: ({ type, eventId }) => <span title={eventId}>{type}</span> },
    { head: 'State', cell: (delivery) => <StatusBadge status={delivery.status} /> },
    { head: 'Tries', isNumber: true, cell: ({ tries }) => tries },
    { head: 'Answer', cell: ({ lastStatus, lastError }) => lastStatus ?? lastError ?? '–' },
    { head: 'Happened', cell: ({ createdAt }) => <Ago at={createdAt} /> },
    { head: 'Next try', cell: ({ nextTryAt }) => (nextTryAt ? <Ago at={nextTryAt} /> : '–') },
    {
      head: 'Again',
      cell: ({ id: delivery, type }) => (
        <button
          type="button"
          class="small"
          disabled={isBusy}
          onClick={() => void act(`/v1/webhook-deliveries/${delivery}/replay`, `${type} is told again.`)}
        >
          Replay<span class="hidden"> {type}</span>
        </button>
      ),
    },
  ];
  return (
    <Page
      title="Webhook"
      lede={endpoint.data ? <code>{endpoint.data.url}</code> : undefined}
      actions={
        <>
          <button
            type="button"
            disabled={isBusy}
            onClick={() => void act(`/v1/webhook-endpoints/${id}/test`, 'A test event is on its way.')}
          >
            Send a test
          </button>
          <button
            type="button"
            disabled={isBusy}
            onClick={() =>
              void act(`/v1/webhook-endpoints/${id}/replay`, 'What failed in the last day is told again.', {
                since: new Date(Date.now() - DAY_MS).toISOString(),
              })
            }
          >
            Replay what failed today
          </button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
      <Loaded of={endpoint}>
        {(it) => (
          <p>
            <EndpointState of={it} /> {it.description}
          </p>
        )}
      </Loaded>
      <Card
        title="What it was told"
        aside={
          <span class="row">
            <label class="row">
              State
              <select value={status} onChange={({ currentTarget }) => setStatus(currentTarget.value)}>
                <option value="">any</option>
                <option>pending</option>
                <option>delivered</option>
                <option>failed</option>
              </select>
            </label>
            <button type="button" class="small" onClick={deliveries.reload}>
              Look again
            </button>
          </span>
        }
      >
        <Loaded of={deliveries}>
          {(all) => (
            <Table
              caption="Deliveries, newest first"
              columns={columns}
              rows={all}
              keyOf={({ id: delivery }) => delivery}
              empty="Nothing yet. Send a test to see whether it answers."
            />
          )}
        </Loaded>
      </Card>
    </Page>
  );
}
