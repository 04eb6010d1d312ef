import type { Clock } from '../../src/kernel/index.js';
import { DomainError } from '../../src/kernel/index.js';
import type { Scheduler } from './scheduler.js';

/** Stands for the database's clock until a statement is executed. */
export const DATABASE_NOW = new Date(0);

export type Reply<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'refusal'; readonly error: DomainError }
  | { readonly kind: 'silence' };

/** One life of one instance of the program: what it waits for comes only while it lives, and late while it is stalled. */
export class Process {
  isAlive = true;
  stalledUntil = 0;
  private readonly asked = new Set<() => void>();

  constructor(
    readonly name: string,
    private readonly scheduler: Scheduler,
    /** How its clocks differ from the database's. */
    private readonly skewMs: { readonly wall: number; readonly monotonic: number },
    private readonly onBug: (error: unknown) => void,
  ) {}

  readonly clock: Clock = {
    now: () => new Date(this.scheduler.now + this.skewMs.wall),
    monotonic: () => this.scheduler.now - this.scheduler.begun + this.skewMs.monotonic,
    databaseTime: () => DATABASE_NOW,
    wait: (ms) => new Promise<void>((resolve) => this.after(ms, resolve)),
    deadline: (ms) => {
      const controller = new AbortController();
      this.after(ms, () => controller.abort());
      return { signal: controller.signal, release: () => undefined };
    },
  };

  after(ms: number, run: () => void): void {
    this.scheduler.after(ms, () => {
      if (!this.isAlive) return;
      const stall = this.stalledUntil - this.scheduler.now;
      if (stall > 0) this.after(stall, run);
      else run();
    });
  }

  stall(ms: number): void {
    this.stalledUntil = this.scheduler.now + ms;
  }

  /** What a caller of this process gets to know. */
  ask<T>(work: () => Promise<T>): Promise<Reply<T>> {
    if (!this.isAlive) return Promise.resolve({ kind: 'silence' });
    return new Promise((resolve) => {
      const hangUp = () => resolve({ kind: 'silence' });
      this.asked.add(hangUp);
      work()
        .then(
          (value) => resolve({ kind: 'answer', value }),
          (error: unknown) => {
            if (error instanceof DomainError) resolve({ kind: 'refusal', error });
            else {
              this.onBug(error);
              hangUp();
            }
          },
        )
        .finally(() => this.asked.delete(hangUp));
    });
  }

  /** kill -9. */
  kill(): void {
    this.isAlive = false;
    for (const hangUp of this.asked) hangUp();
  }
}
