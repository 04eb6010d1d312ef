import { isPassing } from '../provider/provider-error.js';
import type { Attempt, Dispatch } from '../delivery/dispatch.js';
import type { Ending } from './message-log.js';

const isOptOut = (attempt: Attempt | undefined) =>
  attempt !== undefined && attempt.outcome !== 'accepted' && attempt.fault === 'opted_out';

const mayPass = (attempt: Attempt | undefined) =>
  attempt !== undefined && attempt.outcome !== 'accepted' && isPassing(attempt.fault);

/** Nobody else could be asked after the only try whose outcome is unknown. */
const isFirstUnknown = (attempts: readonly Attempt[]) =>
  attempts.findIndex(({ outcome }) => outcome === 'unknown') === attempts.length - 1;

/**
 * What a dispatch means for its message.
 * @param retryMs when it would be tried again
 * @param fallsBack its plan has another channel, which is tried where this one surely brought nothing
 * @param again nothing was out before, and somebody is configured who may be asked once more
 */
export function endingOf(
  { status, attempts }: Dispatch,
  retryMs: number,
  again: boolean,
  fallsBack = false,
): Exclude<Ending, { status: 'canceled' | 'as_reported' }> {
  if (status === 'accepted') return { status };
  if (fallsBack) {
    if (status === 'unknown') return { status };
    return isOptOut(attempts.at(-1)) ? { status: 'failed' } : { status: 'queued', retryMs: 0 };
  }
  // The one more try that an unknown outcome has was turned away for now, or had nobody to go to: it still has it.
  if (status === 'unknown') {
    const owed = mayPass(attempts.at(-1)) || (again && isFirstUnknown(attempts));
    return owed ? { status: 'queued', retryMs } : { status };
  }
  if (status === 'refused') return { status: 'failed' };
  return attempts.length === 0 || attempts.some(mayPass) ? { status: 'queued', retryMs } : { status: 'failed' };
}
