import { useState } from 'preact/hooks';

import { post } from '../shared/api';
import { Confirm } from '../shared/confirm';
import { count, percent } from '../shared/format';
import { Empty, Loaded } from '../shared/loaded';
import { Card } from '../shared/page';
import { Table, type Column } from '../shared/table';
import { Ago } from '../shared/time';
import { useResource } from '../shared/use-resource';
import { StatusBadge } from './status-badge';
import type { Experiment } from './types/experiments';

type Arm = Experiment['arms'][number];

const range = (interval: readonly number[] | null | undefined) =>
  interval?.length === 2 ? ` (${percent(interval[0])} to ${percent(interval[1])})` : '';

const ARMS: readonly Column<Arm>[] = [
  { head: 'Wording', isName: true, cell: ({ name }) => name },
  { head: 'Weight', isNumber: true, cell: ({ weight }) => weight },
  { head: 'Taken', isNumber: true, cell: ({ accepted }) => count(accepted) },
  { head: 'Approved', isNumber: true, cell: ({ approved }) => count(approved) },
  {
    head: 'Conversion',
    isNumber: true,
    cell: ({ conversion, conversionInterval }) => `${percent(conversion)}${range(conversionInterval)}`,
  },
  {
    head: 'Against control',
    isNumber: true,
    cell: ({ difference, differenceInterval }) =>
      difference === null ? '–' : `${percent(difference)}${range(differenceInterval)}`,
  },
  { head: 'So far', cell: ({ decision }) => decision },
];

/** Wordings that are tried against each other: safe to look at at any time. */
export function Experiments() {
  const found = useResource<{ readonly experiments: readonly Experiment[] }>('/v1/admin/experiments');
  const [toStop, setToStop] = useState<Experiment>();
  return (
    <Card title="Wordings tried against each other">
      <Loaded of={found}>
        {({ experiments }) =>
          experiments.length === 0 ? (
            <Empty>
              None. Save a variant of a template, then begin one by <code>POST /v1/admin/experiments</code>.
            </Empty>
          ) : (
            experiments.map((experiment) => (
              <One key={experiment.id} experiment={experiment} onStop={() => setToStop(experiment)} />
            ))
          )
        }
      </Loaded>
      {toStop && (
        <Confirm
          title={`Stop trying ${toStop.template}?`}
          action="Stop it"
          isDangerous
          done="The experiment is stopped."
          act={() => post(`/v1/admin/experiments/${toStop.id}/stop`).then(found.reload)}
          onClose={() => setToStop(undefined)}
        >
          <p>New texts have the usual wording again. It cannot go on afterwards, only begin anew.</p>
        </Confirm>
      )}
    </Card>
  );
}

function One({ experiment, onStop }: { readonly experiment: Experiment; readonly onStop: () => void }) {
  const { template, locale, status, startsAt, createdBy, winner, proposal, warnings, arms } = experiment;
  return (
    <article class="stack tight">
      <div class="row between">
        <h3>
          {template}
          {locale && `, ${locale}`}
        </h3>
        <span class="row">
          <StatusBadge status={status} />
          {status === 'running' && (
            <button type="button" class="small" onClick={onStop}>
              Stop<span class="hidden"> {template}</span>
            </button>
          )}
        </span>
      </div>
      <p class="muted small">
        Since <Ago at={startsAt} />, by {createdBy}.{winner && ` Decided for ${winner}.`}
        {!winner && proposal && ` By now surely better: ${proposal}.`}
      </p>
      {warnings.map((warning) => (
        <p key={warning} class="notice warn">
          {warning}
        </p>
      ))}
      <Table
        caption={`Wordings of ${template}`}
        columns={ARMS}
        rows={arms}
        keyOf={({ name }) => name}
        empty="No wordings."
      />
    </article>
  );
}
