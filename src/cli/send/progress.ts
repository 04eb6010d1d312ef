const EVERY_MS = 200;
const QUIET_EVERY_MS = 5_000;
const WIDTH = 24;
const QUICK_MS = 500;

/** `[######------] 50 %  5000 of 10000  812/s  6 s left`, rewritten in place; where nobody looks, a line now and then. */
export class Progress {
  private readonly isSeen = process.stderr.isTTY === true;
  private shownAt = -Infinity;
  private readonly begun = performance.now();

  constructor(private readonly what: string) {}

  /** @param perSecond of late; without it, since the beginning */
  show(done: number, all: number, perSecond?: number, more = ''): void {
    const now = performance.now();
    if (now - this.shownAt < (this.isSeen ? EVERY_MS : QUIET_EVERY_MS)) return;
    this.shownAt = now;
    this.write(done, all, perSecond ?? done / Math.max((now - this.begun) / 1_000, 0.001), more);
  }

  /** The last word. */
  end(done: number, all: number, more = ''): void {
    this.write(done, all, done / Math.max((performance.now() - this.begun) / 1_000, 0.001), more);
    if (this.isSeen) process.stderr.write('\n');
  }

  private write(done: number, all: number, perSecond: number, more: string): void {
    const share = all > 0 ? Math.min(done / all, 1) : 1;
    const bar = '#'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '-');
    const left = done < all && perSecond > 0 ? `  ${spoken((all - done) / perSecond)} left` : '';
    // Of what was there before there is no speed.
    const speed = performance.now() - this.begun > QUICK_MS ? `  ${rate(perSecond)}/s` : '';
    const text = `${this.what} [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${done} of ${all}${speed}${left}${more}`;
    process.stderr.write(this.isSeen ? `\r\u001b[2K${text}` : `${text}\n`);
  }
}

const rate = (perSecond: number) => (perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond));

function spoken(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}
