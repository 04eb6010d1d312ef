import { LEVELS } from '../../fraud/index.js';
import type { StepDto } from './ways.dto.js';
import type { AttemptRow, DecisionRow, MessageRow, VerificationRow } from './ways.sql.js';

const usd = (micros: string) => Number(micros) / 1e6;

/** What is not there is left out, of a step as of a timeline. */
function step(kind: StepDto['kind'], at: Date, members: Partial<Record<keyof StepDto, unknown>>): StepDto {
  const known = Object.entries(members).filter(([, value]) => value !== null && value !== undefined && value !== false);
  return { at, kind, ...Object.fromEntries(known) };
}

/** In the order in which they happened; of those at the same moment, in which they are told. */
export const inOrder = (steps: readonly StepDto[]): StepDto[] =>
  [...steps].sort((a, b) => a.at.getTime() - b.at.getTime());

export function stepsOfDecision(row: DecisionRow): StepDto[] {
  const { mode, verdict, reason, country, known, challenge } = row;
  const level = row.level === null ? null : LEVELS[row.level - 1];
  return [
    step('decision', row.at, { mode, verdict, reason, level, country, known, challenge, lineType: row.line_type }),
  ];
}

/** A text is written down only when every limit admits it, and with what it may cost. @param isResend not the first of its verification */
export function stepsOfMessage(row: MessageRow, attempts: readonly AttemptRow[], isResend: boolean): StepDto[] {
  const { id: messageId, template, locale, variant, status } = row;
  const first = row.channels?.[0]?.channel ?? row.channel;
  const own = attempts.filter((attempt) => attempt.message_id === messageId);
  return [
    step('limits', row.created_at, { messageId, ...(row.reserved !== '0' && { reserved: usd(row.reserved) }) }),
    step('message', row.created_at, {
      ...{ messageId, channel: first, locale, variant, status, resend: isResend },
      ...{ template: template || null, templateVersion: row.template_version },
    }),
    ...own.flatMap((attempt, index) => {
      const before = own[index - 1]?.channel ?? first;
      const falls =
        attempt.channel === before
          ? []
          : [step('fallback', attempt.started_at, { messageId, channel: attempt.channel })];
      return [...falls, ...stepsOfAttempt(attempt)];
    }),
  ];
}

function stepsOfAttempt(row: AttemptRow): StepDto[] {
  const { id: attemptId, message_id: messageId, provider, channel, sender, route, outcome, fault } = row;
  const which = { messageId, attemptId, provider };
  const steps = [step('attempt', row.started_at, { ...which, channel, sender, route, followUp: row.follow_up })];
  if (row.ended_at) {
    const latencyMs = row.ended_at.getTime() - row.started_at.getTime();
    const cost = row.cost === null ? null : usd(row.cost);
    steps.push(step('attempt_ended', row.ended_at, { ...which, outcome, fault, latencyMs, cost }));
  }
  if (row.reported_at)
    steps.push(
      step('report', row.reported_at, {
        ...{ ...which, report: row.report, reportCode: row.report_code, notOnChannel: row.not_on_channel },
      }),
    );
  if (row.delivered_at) steps.push(step('delivered', row.delivered_at, which));
  return steps;
}

/** When guesses were made is not kept, but how many were. @param now who is not over has them until then */
export function stepsOfEnd(row: VerificationRow, now: Date): StepDto[] {
  const { status, checks, expires_at: expiresAt } = row;
  const endedAt = row.ended_at ?? (status === 'expired' ? expiresAt : null);
  const by = endedAt ?? now;
  const counted = checks > 0 ? [step('checks', by, { checks, maxChecks: row.max_checks, approximate: true })] : [];
  const isOver = status === 'approved' || status === 'canceled' || status === 'failed' || status === 'expired';
  return isOver && endedAt ? [...counted, step(status, endedAt, {})] : counted;
}
