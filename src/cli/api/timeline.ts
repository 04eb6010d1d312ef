/** A text, as `GET /v1/messages/:id` answers. */
export interface Shown {
  readonly id: string;
  readonly status: string;
  readonly phone: string;
  readonly channel: string;
  readonly createdAt: string;
  readonly reason?: string;
  readonly attempts: readonly ShownAttempt[];
}

interface ShownAttempt {
  readonly provider: string;
  readonly channel: string;
  readonly outcome: string;
  readonly fault?: string;
  readonly followUp?: true;
  readonly route?: string;
  readonly report?: string;
  readonly reportCode?: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly reportedAt?: string;
}

/** What happened, in the order in which it did. */
export function timelineOf({ id, status, phone, channel, createdAt, reason, attempts }: Shown): string[] {
  const events = attempts.flatMap((attempt) => eventsOf(attempt)).sort((a, b) => a.at.localeCompare(b.at));
  return [
    `${id}  ${status}${reason ? ` (${reason})` : ''}  ${phone} by ${channel}`,
    ...[{ at: createdAt, text: 'asked for' }, ...events].map(({ at, text }) => `  ${at}  ${text}`),
  ];
}

function eventsOf(attempt: ShownAttempt): { at: string; text: string }[] {
  const { provider, channel, startedAt, endedAt, reportedAt, report, reportCode, outcome, fault } = attempt;
  const why = [attempt.route && `by ${attempt.route}`, attempt.followUp && 'after a bad report'].filter(Boolean);
  const took = endedAt ? `, in ${Date.parse(endedAt) - Date.parse(startedAt)} ms` : '';
  return [
    { at: startedAt, text: `${provider}: handed over by ${channel}${why.length > 0 ? ` (${why.join(', ')})` : ''}` },
    ...(endedAt ? [{ at: endedAt, text: `${provider}: ${outcome}${fault ? ` (${fault})` : ''}${took}` }] : []),
    ...(report && reportedAt
      ? [{ at: reportedAt, text: `${provider} reports: ${report}${reportCode ? ` (${reportCode})` : ''}` }]
      : []),
  ];
}
