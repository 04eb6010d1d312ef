import type { SendLimits } from './send-limits.js';
import type { Hit, SlidingWindows, WindowRow } from './sliding-windows.js';

/** What became of the hit of a message: it counts from now on (the text was handed over), or no more (none was sent). */
export interface SettledHit {
  readonly id: string;
  readonly key: Uint8Array;
  readonly change: 'moved' | 'given_back';
}

/** Counts the texts to one phone, around the statement that writes them down. */
export abstract class SendWindows {
  /** Whether the statement itself counts, which then needs no hit from us. */
  abstract readonly inDatabase: boolean;

  /**
   * Writes what the windows admit.
   * @param write quotas to count by in the same statement; null: the hit is taken already
   * @param isWritten false for an answer that says why nothing was written
   * @throws {RateLimitExceeded | RedisUnavailable} before anything is written, or what `write` throws
   */
  abstract admit<Row extends WindowRow>(
    hit: Hit,
    write: (quotas: readonly number[] | null) => Promise<Row>,
    isWritten: (row: Row) => boolean,
  ): Promise<Row>;

  /** Undefined when nothing was taken, under neither key. */
  abstract state(key: Uint8Array, formerKey?: Uint8Array | null): Promise<WindowRow | undefined>;

  abstract forget(key: Uint8Array): Promise<void>;

  /** What was counted under the former key counts under this one, where the database does not see to that. */
  abstract adopt(key: Uint8Array, formerKey: Uint8Array): Promise<void>;
  /** Never throws: the answer about a text must not hang on it. */
  abstract settle(hit: SettledHit): Promise<void>;
}

/** The statement takes, moves and gives back by itself. */
export class DatabaseSendWindows extends SendWindows {
  readonly inDatabase = true;

  constructor(
    private readonly limits: SendLimits,
    private readonly windows: SlidingWindows,
  ) {
    super();
  }

  admit<Row extends WindowRow>(_hit: Hit, write: (quotas: readonly number[] | null) => Promise<Row>): Promise<Row> {
    return write(this.limits.quotas);
  }

  state(key: Uint8Array, formerKey?: Uint8Array | null): Promise<WindowRow | undefined> {
    return this.windows.state(key, this.limits, formerKey);
  }

  forget(key: Uint8Array): Promise<void> {
    return this.windows.forget(key);
  }

  adopt(): Promise<void> {
    return Promise.resolve(); // adopt_phone does
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }
}
