const MINUTE_MS = 60_000;

interface Said {
  /** Monotonic, in milliseconds. */
  at: number;
  /** The same again since then. */
  more: number;
}

/**
 * Refused keys, tokens, codes and rights, as lines for the log: each kind once a minute, and then how many more there were. So a
 * guesser is seen, and cannot fill the log.
 */
export class RefusalLog {
  private readonly said = new Map<string, Said>();

  /** @param now a monotonic clock, in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * @param kind one of few, such as a route with a code: nothing that callers choose
   * @param from where this one came from
   * @returns the lines to write: usually one, or none
   */
  note(kind: string, from: string): string[] {
    const now = this.now();
    const lines: string[] = [];
    for (const [each, { at, more }] of this.said) {
      if (now - at < MINUTE_MS) continue;
      this.said.delete(each);
      if (more > 0) lines.push(`${each} (and ${more} more in the ${Math.round((now - at) / 1_000)} s after it)`);
    }
    const before = this.said.get(kind);
    if (before) before.more++;
    else {
      this.said.set(kind, { at: now, more: 0 });
      lines.push(`${kind} (from ${from})`);
    }
    return lines;
  }
}
