import { createHash } from 'node:crypto';

const MOST = 1_000;

/**
 * Requests that were taken in whole, newest last. It saves the work of a repetition that reaches the same process; that
 * repetitions change nothing, here or anywhere, is the database's doing.
 */
export class RecentRequests {
  private readonly taken = new Set<string>();

  constructor(private readonly most = MOST) {}

  /** @param proof what only the true sender knows: without it, knowing a request's name says nothing */
  has(id: string, proof: string): boolean {
    return this.taken.has(digest(id, proof));
  }

  add(id: string, proof: string): void {
    this.taken.add(digest(id, proof));
    const [oldest] = this.taken;
    if (this.taken.size > this.most && oldest !== undefined) this.taken.delete(oldest);
  }
}

const digest = (id: string, proof: string) =>
  createHash('sha256')
    .update(JSON.stringify([id, proof]))
    .digest('base64');
