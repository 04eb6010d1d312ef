interface Sender {
  readonly perSecond: number;
  /** Monotonic, ms: before that its bucket is empty. */
  freeAt: number;
}

/** What is known here of the buckets that a batch draws from, so that no more rows are taken than they have room for. */
export class Paces {
  private readonly senders = new Map<string, Sender>();

  /** How many rows are worth taking now. */
  allowance(most: number, now: number): number {
    if (this.senders.size === 0) return most;
    let rows = 0;
    for (const { perSecond, freeAt } of this.senders.values()) if (freeAt <= now) rows += Math.max(1, perSecond / 10);
    return Math.min(most, Math.ceil(rows));
  }

  /** Ms until the first of them has room again. */
  wait(now: number): number {
    return Math.max(0, Math.min(...[...this.senders.values()].map(({ freeAt }) => freeAt)) - now);
  }

  /** @param waitMs the shortest that its rows were told; 0: it had room for all */
  note(key: string, perSecond: number, waitMs: number, now: number): void {
    this.senders.set(key, { perSecond, freeAt: now + waitMs });
  }
}
