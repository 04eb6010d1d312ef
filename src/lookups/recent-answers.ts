import type { LineInfo } from './lookup.js';

const KEPT_MS = 60_000;
const MOST = 10_000;

/** Answers of the last minute, so that a phone that comes again at once costs no round trip. Nobody's for longer: it may be erased. */
export class RecentAnswers {
  private readonly answers = new Map<string, { readonly info: LineInfo; readonly until: number }>();

  constructor(private readonly now: () => number) {}

  get(key: string): LineInfo | undefined {
    const found = this.answers.get(key);
    return found && found.until > this.now() ? found.info : undefined;
  }

  keep(key: string, info: LineInfo): void {
    this.answers.delete(key);
    this.answers.set(key, { info, until: this.now() + KEPT_MS });
    const [oldest] = this.answers.keys();
    if (this.answers.size > MOST && oldest !== undefined) this.answers.delete(oldest);
  }

  forget(key: string): void {
    this.answers.delete(key);
  }
}
