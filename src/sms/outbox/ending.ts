import { isPassing } from '../provider/provider-error.js';
import type { Attempt, Dispatch } from '../delivery/dispatch.js';
import type { Ending } from './message-log.js';

const mayPass = (attempt: Attempt | undefined) =>
  attempt !== undefined && attempt.outcome !== 'accepted' && isPassing(attempt.fault);

/** What a dispatch means for its message. @param retryMs when it would be tried again */
export function endingOf(
  { status, attempts }: Dispatch,
  retryMs: number,
): Exclude<Ending, { status: 'canceled' | 'as_reported' }> {
  if (status === 'accepted') return { status };
  // The one more try that an unknown outcome has was turned away for now: it still has it.
  if (status === 'unknown') return mayPass(attempts.at(-1)) ? { status: 'queued', retryMs } : { status };
  if (status === 'refused') return { status: 'failed' };
  return attempts.length === 0 || attempts.some(mayPass) ? { status: 'queued', retryMs } : { status: 'failed' };
}
