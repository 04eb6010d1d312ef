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
}

export interface PhoneLimitState {
  readonly sends: readonly QuotaState[];
  readonly guesses: GuessState;
}

const UNTOUCHED = { refused_by: null, retry_after: null, remaining: null, resets: null };
const SHOW = {
  name: 'phone_guesses',
  text: `SELECT greatest(guesses_left(wrong_guesses, wrong_in_a_row, $2::int[], coalesce($3::timestamptz, clock_timestamp())), 0) AS "left",
      wrong_in_a_row AS "wrongInARow", approved_at AS "approvedAt" FROM phones WHERE phone_key = key_now($1)`,
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
    const { key } = this.keysOf(phone);
    const [guesses] = await this.database.query<GuessState>(SHOW, [key, GUESS_LIMITS, this.clock.databaseTime()]);
    return {
      sends: this.limits.states((await this.windows.state(key)) ?? UNTOUCHED),
      guesses: guesses ?? { left: GUESS_LIMITS[0], wrongInARow: 0, approvedAt: null },
    };
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
