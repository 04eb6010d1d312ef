import { fault, ok, skipped, warning, type Said } from '../finding.js';
import type { ClockSample } from '../subject.js';

/** Windows, leases and expiries are the database's, signatures and tokens ours: seconds do not matter yet. */
const BAD_MS = 5_000;
/** AWS refuses at 5 minutes, and so do we with what is signed. */
const BROKEN_MS = 60_000;

const MEND = 'Set this machine by NTP: timedatectl set-ntp true; and the other one where it is the wrong one.';

export function clockFindings(samples: readonly ClockSample[]): Said[] {
  if (samples.length === 0) return [skipped('clock', 'nobody answered whose clock ours could be held against')];
  return samples.map(({ whose, theirs, ours, exactToMs }) => {
    const skewMs = theirs.getTime() - ours.getTime();
    const off = Math.max(Math.abs(skewMs) - exactToMs, 0);
    const name = `clock of ${whose}`;
    const found = `ours is ${(Math.abs(skewMs) / 1_000).toFixed(1)} s ${skewMs > 0 ? 'behind' : 'ahead of'} it`;
    if (off > BROKEN_MS) return fault(name, found, MEND);
    if (off > BAD_MS) return warning(name, found, MEND);
    return ok(name, `within ${Math.max((Math.abs(skewMs) + exactToMs) / 1_000, 0.1).toFixed(1)} s of ours`);
  });
}
