const SECONDS = 30;

interface Bucket {
  second: number;
  calls: number;
  bad: number;
}

/** How the calls of the last 30 seconds went, one bucket a second: its size does not grow with the traffic. */
export class RecentCalls {
  private readonly buckets: Bucket[] = Array.from({ length: SECONDS }, () => ({ second: -1, calls: 0, bad: 0 }));

  /** @param atMs monotonic */
  add(atMs: number, bad: boolean): void {
    const second = Math.floor(atMs / 1_000);
    const bucket = this.buckets[second % SECONDS]!;
    if (bucket.second !== second) Object.assign(bucket, { second, calls: 0, bad: 0 });
    bucket.calls++;
    if (bad) bucket.bad++;
  }

  count(nowMs: number): { readonly calls: number; readonly bad: number } {
    const oldest = Math.floor(nowMs / 1_000) - SECONDS;
    const recent = this.buckets.filter(({ second }) => second > oldest);
    return {
      calls: recent.reduce((sum, { calls }) => sum + calls, 0),
      bad: recent.reduce((sum, { bad }) => sum + bad, 0),
    };
  }
}
