import { setTimeout as wait } from 'node:timers/promises';

import { deadline, type Deadline } from './deadline.js';

/** Time, injected so that tests can move it. */
export interface Clock {
  /** Wall time of this process, for what is shown or signed. */
  now(): Date;
  /** Milliseconds that only ever grow, for durations and rests; unrelated to wall time. */
  monotonic(): number;
  /** What SQL takes as "now"; null means the database's own clock, the one that all instances share. */
  databaseTime(): Date | null;
  wait(ms: number): Promise<unknown>;
  /** Aborted after `ms`, unless it is let go of before; nobody listens to it from then on. */
  deadline(ms: number): Deadline;
}

export const Clock = Symbol('Clock');

export const systemClock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  databaseTime: () => null,
  wait: (ms) => wait(ms),
  deadline,
};
