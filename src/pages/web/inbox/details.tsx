import { useEffect, useRef } from 'preact/hooks';

import { post } from '../shared/api';
import { words } from '../shared/format';
import { Loaded, ProblemNotice } from '../shared/loaded';
import { Time } from '../shared/time';
import { useAct } from '../shared/use-act';
import { useResource } from '../shared/use-resource';
import type { Attempt, Message, WithTimeline } from './types';

/** What the network can still report of a text that is on its way, or said to be lost. */
const REPORTS = [
  ['delivered', 'Deliver now'],
  ['undelivered', 'Lose it'],
  ['blocked', 'Block it'],
] as const;

/** The way of a message through the engine, as it wrote it down; and what is still to become of it. */
export function Details({ message, version }: { readonly message: Message; readonly version: number }) {
  const path = `/v1/inbox/messages/${message.id}`;
  const found = useResource<WithTimeline>(path);
  const { isBusy, problem, run } = useAct();
  useEffect(() => found.reload(), [version]);
  const element = useRef<HTMLDivElement>(null);
  const isThere = found.data !== undefined;
  // It opens at the end of the screen as often as not.
  useEffect(() => void (isThere && element.current?.scrollIntoView({ block: 'nearest' })), [isThere]);
  return (
    <div class="details stack tight" ref={element}>
      <Loaded of={found}>
        {({ timeline }) =>
          timeline ? (
            <>
              <p class="small">
                The message is <strong>{words(timeline.status)}</strong> after{' '}
                {timeline.attempts.length === 1 ? 'one try' : `${timeline.attempts.length} tries`}.
              </p>
              <ol class="timeline small" aria-label="Timeline of the delivery">
                {timeline.attempts.flatMap((attempt, index) => stepsOf(attempt, index))}
              </ol>
            </>
          ) : (
            <p class="small muted">Nothing was written down of this text.</p>
          )
        }
      </Loaded>
      {message.state === 'on_its_way' && (
        <div class="row">
          {REPORTS.map(([outcome, name]) => (
            <button
              key={outcome}
              type="button"
              class="small"
              disabled={isBusy}
              onClick={() => void run(() => post(`${path}/reports`, { outcome }), `Reported as ${outcome}.`)}
            >
              {name}
            </button>
          ))}
        </div>
      )}
      {problem && <ProblemNotice problem={problem} />}
    </div>
  );
}

function stepsOf({ provider, outcome, fault, route, followUp, ...times }: Attempt, index: number) {
  const why = followUp ? ' once more, after a bad report or none' : route === 'failover' ? ' by failover' : '';
  const answer =
    outcome === 'accepted' ? 'took it' : outcome === 'pending' ? 'has not answered' : words(fault ?? outcome);
  const { startedAt, endedAt, report, reportCode, reportedAt } = times;
  return [
    <li key={`${index}-asked`}>
      <Time at={startedAt} isClock /> <strong>{provider}</strong> was asked{why}
    </li>,
    <li key={`${index}-answer`} class={outcome === 'accepted' ? 'good' : outcome === 'pending' ? '' : 'bad'}>
      <Time at={endedAt ?? startedAt} isClock /> {provider}: {answer}
    </li>,
    ...(report
      ? [
          <li key={`${index}-report`} class={report === 'delivered' ? 'good' : report === 'sent' ? '' : 'bad'}>
            <Time at={reportedAt ?? startedAt} isClock /> report: {report}
            {reportCode && ` (${reportCode})`}
          </li>,
        ]
      : []),
  ];
}
