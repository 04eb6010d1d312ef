import { Inject, Injectable } from '@nestjs/common';

import { Clock, KeyRing, type PhoneNumber, type QuotaState } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { SendLimits } from './send-limits.js';
import { SendWindows } from './send-windows.js';

/** Wrong guesses that one phone takes, whichever its verifications: in an hour, in a day, in a row. */
export const GUESS_LIMITS = [10, 25, 100] as const;

export interface GuessState {
  /** Wrong guesses that are still taken now. */
  readonly left: number;
  readonly wrongInARow: number;
  readonly approvedAt: Date | null;
  /** When each was, the oldest first. */
  readonly wrongGuesses: readonly Date[];
}

export interface PhoneLimitState {
  readonly sends: readonly QuotaState[];
  readonly guesses: GuessState;
}

const UNTOUCHED = { refused_by: null, retry_after: null, remaining: null, resets: null };
const SHOW = {
  name: 'phone_guesses',
  text: `SELECT greatest(guesses_left(wrong, in_a_row, $2::int[], coalesce($3::timestamptz, clock_timestamp())), 0) AS "left",
      in_a_row AS "wrongInARow", approved_at AS "approvedAt", wrong AS "wrongGuesses"
    FROM (SELECT coalesce(sum(wrong_in_a_row), 0)::int AS in_a_row, max(approved_at) AS approved_at,
        ARRAY(SELECT guess FROM phones, unnest(wrong_guesses) AS guess WHERE phone_key IN (SELECT key_now(unnest($1::bytea[]))) ORDER BY guess) AS wrong
      FROM phones WHERE phone_key IN (SELECT key_now(unnest($1::bytea[])))) AS phone`,
};
const RESET = {
  name: 'reset_guesses',
  text: `UPDATE phones SET wrong_guesses = '{}', wrong_in_a_row = 0 WHERE phone_key = key_now($1)`,
};

/** Where one phone stands, and a fresh start for it: what operators ask for by hand. */
@Injectable()
export class PhoneLimits {
  constructor(
    private readonly database: Database,
    private readonly keys: KeyRing,
    private readonly limits: SendLimits,
    private readonly windows: SendWindows,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** @throws {DatabaseUnavailable | RedisUnavailable} */
  async show(phone: PhoneNumber): Promise<PhoneLimitState> {
    const { key, former } = this.keysOf(phone);
    const values = [former ? [key, former] : [key], GUESS_LIMITS, this.clock.databaseTime()];
    const [guesses] = await this.database.query<GuessState>(SHOW, values);
    if (!guesses) throw new Error(`${SHOW.name} returned no row`);
    return { sends: this.limits.states((await this.windows.state(key, former)) ?? UNTOUCHED), guesses };
  }

  /** The phone gets texts and takes guesses as if it were new. @throws {DatabaseUnavailable | RedisUnavailable} */
  async reset(phone: PhoneNumber): Promise<void> {
    const { key, former } = this.keysOf(phone);
    for (const each of former ? [key, former] : [key]) {
      await this.database.query(RESET, [each]);
      await this.windows.forget(each);
    }
  }

  private keysOf({ line }: PhoneNumber) {
    return { key: this.keys.lookupKey('phone', line), former: this.keys.formerLookupKey('phone', line) };
  }
}
