import { Readable } from 'node:stream';

/** What a reader may leave unread before he gets the newest state only. */
const MOST_BYTES = 65_536;

export const eventText = (event: string, data: unknown): string => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Server-sent events for one reader. Who reads slowly misses what is no longer true: of each topic, the newest alone waits for him.
 */
export class EventStream extends Readable {
  private readonly waiting = new Map<string, string>();
  private fullSince: number | undefined;
  private isOver = false;

  constructor(private readonly now: () => number) {
    super({ highWaterMark: MOST_BYTES });
  }

  /** @param topic what a newer text about replaces an older one */
  tell(topic: string, text: string): void {
    if (this.isOver) return;
    if (this.fullSince === undefined) this.write(text);
    else this.waiting.set(topic, text);
  }

  /** Says nothing, so that whoever is between us knows that we are here. */
  beat(): void {
    if (!this.isOver && this.fullSince === undefined) this.write(':\n\n');
  }

  /** For how long the reader has taken nothing although there is something; milliseconds. */
  get stuckMs(): number {
    return this.fullSince === undefined ? 0 : this.now() - this.fullSince;
  }

  end(): void {
    if (this.isOver || this.destroyed) return;
    this.isOver = true;
    this.push(null);
  }

  override _read(): void {
    this.fullSince = undefined;
    if (this.isOver) return;
    for (const [topic, text] of this.waiting) {
      this.waiting.delete(topic);
      if (!this.write(text)) return;
    }
  }

  private write(text: string): boolean {
    const hasRoom = this.push(text);
    if (!hasRoom) this.fullSince ??= this.now();
    return hasRoom;
  }
}
