import type { Clock } from '../kernel/index.js';
import { recordsIn, Together, valuesFor, type Database, type NamedStatement } from '../prisma/index.js';
import {
  APPROVE,
  COUNT_GUESS,
  type ApprovedRow,
  type Guess,
  type GuessParameters,
  type GuessRow,
  type RightGuess,
} from './guess.sql.js';

const AT_ONCE = 2;

/** Counts guesses and approves, those that come together in one statement. */
export class Guesses {
  private readonly counting: Together<Guess, GuessRow>;
  private readonly approving: Together<RightGuess, ApprovedRow>;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    this.counting = new Together((guesses) => this.ask(COUNT_GUESS, guesses), clock, AT_ONCE);
    this.approving = new Together((guesses) => this.ask(APPROVE, guesses), clock, AT_ONCE);
  }

  /** Undefined when the verification takes no more. */
  count(guess: Guess): Promise<GuessRow | undefined> {
    return this.counting.about(guess);
  }

  /** When, for exactly one caller. */
  async approve(guess: RightGuess): Promise<Date | undefined> {
    return (await this.approving.about(guess))?.ended_at;
  }

  private ask<Row extends object>(statement: NamedStatement<GuessParameters>, guesses: readonly object[]) {
    return this.database.query<Row>(
      statement,
      valuesFor(statement, { guesses: recordsIn(guesses), at: this.clock.databaseTime() }),
    );
  }
}
