/** What a store answers about a window: one element a quota. */
export interface WindowRow {
  /** 1-based index of the quota that refused; 0 is the cool-down of the resend; null when the hit was taken. */
  readonly refused_by: number | null;
  readonly retry_after: number | null;
  readonly remaining: readonly number[] | null;
  readonly resets: readonly number[] | null;
  /** Of a hit that was taken in the database: when, to the microsecond. */
  readonly hit_at?: string | null;
}

/** One hit in the window of `key`. */
export interface Hit {
  /** Unique: by it the hit is found again. */
  readonly id: string;
  readonly key: Uint8Array;
  /** The same subject's key under the previous secret: its window is moved, so that a new secret resets nothing. */
  readonly formerKey: Uint8Array | null;
}

/** At most `quotas[i]` hits in any `secs[i]`, for every i. */
export interface Quotas {
  readonly quotas: readonly number[];
  readonly secs: readonly number[];
}

/** Sliding windows, shared by every instance and exact under concurrency. */
export abstract class SlidingWindows {
  /** Takes the hit if every quota allows it. A refused one is not written, so it never extends a window. */
  abstract take(hit: Hit, quotas: Quotas): Promise<WindowRow>;
  /** Takes back a hit that was taken, as if it had never been. @param taken what `take` answered */
  abstract giveBack(hit: Hit, taken: WindowRow): Promise<void>;
  /** As it is now, with what still lies under the former key; undefined when nothing was taken yet. Moves nothing. */
  abstract state(key: Uint8Array, quotas: Quotas, formerKey?: Uint8Array | null): Promise<WindowRow | undefined>;
  /** As if nothing had been taken. */
  abstract forget(key: Uint8Array): Promise<void>;
}
