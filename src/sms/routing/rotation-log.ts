import { Logger } from '@nestjs/common';

import type { StandingChange } from './standing.js';

const secs = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;

/** One line a failover and one a return, however many messages went by. */
export function rotationLog(logger = new Logger('Rotation')): (change: StandingChange) => void {
  return ({ provider, from, to, reason, lastedMs }) => {
    if (to === 'in_rotation') logger.log(`${provider} is back in the rotation after ${secs(lastedMs)}: ${reason}`);
    else if (from === 'in_rotation') logger.warn(`${provider} left the rotation after ${secs(lastedMs)}: ${reason}`);
    else logger.debug(`${provider}: ${from} -> ${to} after ${secs(lastedMs)}: ${reason}`);
  };
}
