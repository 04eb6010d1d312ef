import { setImmediate as turn } from 'node:timers/promises';

interface Event {
  readonly at: number;
  readonly run: () => void | Promise<void>;
}

/** Until every promise waits for an event; what goes together waits for a turn of the loop first. */
async function allWait(): Promise<void> {
  for (let turns = 0; turns < 2; turns++) await turn();
}

/**
 * Simulated time. Whatever takes time is an event; between two events everything that can go on does, so that the order of
 * events, drawn from the seed, is the only order there is.
 */
export class Scheduler {
  /** Milliseconds, whole, as the database's clock has them. */
  now = Date.UTC(2027, 0, 1);
  readonly begun = this.now;
  private readonly events: Event[] = [];

  after(ms: number, run: Event['run']): void {
    const event = { at: this.now + Math.max(0, Math.ceil(ms)), run };
    let index = this.events.length;
    while (index > 0 && this.events[index - 1]!.at <= event.at) index--;
    this.events.splice(index, 0, event); // latest first; of two at once, the one that was asked for first is run first
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Until nothing is left to happen before `end`, or `isOver`. */
  async run(end: number, isOver: () => boolean): Promise<void> {
    await allWait();
    for (let next = this.events.at(-1); next && next.at <= end && !isOver(); next = this.events.at(-1)) {
      this.events.pop();
      this.now = next.at;
      await next.run();
      await allWait();
    }
    if (!isOver()) this.now = Math.max(this.now, end);
  }

  get isQuiet(): boolean {
    return this.events.length === 0;
  }
}
