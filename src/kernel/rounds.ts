/** The same work again and again: a while after the last time has ended, so never twice at once. Keeps no process alive. */
export class Rounds {
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<unknown> = Promise.resolve();
  private stopped = false;

  /** @param failed what is said when a round fails; the next one comes all the same */
  constructor(
    private readonly work: () => Promise<unknown>,
    private readonly everyMs: number,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Whether a long round is to come to its end. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /** @param inMs until the first one */
  start(inMs = this.everyMs): void {
    if (this.stopped) return;
    const round = () => {
      this.underWay = this.work()
        .catch(this.failed)
        .finally(() => this.start());
    };
    this.timer = setTimeout(round, inMs).unref();
  }

  /** Begins none any more; the one under way ends. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.underWay;
  }
}
