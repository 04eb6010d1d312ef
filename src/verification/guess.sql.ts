import type { SealedPhone } from '../kernel/index.js';
import { GUESS_LIMITS } from '../limits/index.js';
import { named, recordsOf } from '../prisma/index.js';
import { isMeant, NOW } from './verification.sql.js';

export const GUESSES = `ARRAY[${GUESS_LIMITS.join(', ')}]`;
/** What remembers them is as long as a day's. */
const [, MOST_REMEMBERED] = GUESS_LIMITS;
/** Guesses of every verification that are its own: other verifications of the phone cannot use them up. */
const OWN_GUESSES = 2;

export interface Guess {
  readonly id: string;
  /** The only purpose that it may have; null: any of the server API's. */
  readonly purpose: string | null;
}

export interface GuessRow extends SealedPhone {
  readonly n: number;
  readonly purpose: string;
  readonly code_length: number;
  readonly checks: number;
  readonly max_checks: number;
  /** Names the guess, to the microsecond; null when it was not taken. */
  readonly guessed_at: string | null;
  /** Why the phone takes none; then nothing was counted, and nothing may be compared. */
  readonly refusal: Readonly<Record<string, unknown>> | null;
}

export interface GuessParameters {
  /** As `recordsIn` has them. */
  readonly guesses: string;
  readonly at: Date | null;
}

/**
 * Guesses are counted before they are compared, so no interleaving compares one more than allowed: in the verification, and as
 * a wrong one in its phone, from which a right one is taken back. Beyond its own guesses a verification leaves what
 * other open ones have as theirs. Verifications are locked in order, then phones, of each of which one guess is taken.
 */
export const COUNT_GUESS = named<GuessParameters>(
  'count_guess',
  `WITH held AS (
      SELECT n, v.* FROM ${recordsOf<Guess>('guesses', { id: 'uuid', purpose: 'text' }, 'id')} CROSS JOIN LATERAL (
        SELECT id, purpose, phone_key, phone_sealed, key_version, code_length, checks + 1 AS checks, max_checks, key_now(phone_key) AS key
          FROM verifications WHERE id = given.id AND status = 'pending' AND checks < max_checks
            AND ${isMeant('purpose', 'given.purpose')} AND expires_at > ${NOW} FOR NO KEY UPDATE) AS v
    ), guess AS MATERIALIZED (SELECT DISTINCT ON (key) * FROM held ORDER BY key, n), phone AS (
      INSERT INTO phones AS p (phone_key, wrong_guesses, wrong_in_a_row) SELECT key, ARRAY[${NOW}], 1 FROM guess ORDER BY key
        ON CONFLICT (phone_key) DO UPDATE SET wrong_in_a_row = p.wrong_in_a_row + 1,
            wrong_guesses = p.wrong_guesses[greatest(cardinality(p.wrong_guesses) - ${MOST_REMEMBERED} + 2, 1) :] || ${NOW}
          WHERE guesses_left(p.wrong_guesses, p.wrong_in_a_row, ${GUESSES}, excluded.wrong_guesses[1]) > (
            SELECT CASE WHEN checks <= ${OWN_GUESSES} THEN 0 ELSE guesses_kept(phone_key, id, ${NOW}) END FROM guess WHERE key = p.phone_key)
        RETURNING p.phone_key AS key, wrong_guesses[cardinality(wrong_guesses)]::text AS guessed_at
    ), counted AS (
      UPDATE verifications AS v SET checks = guess.checks FROM guess JOIN phone USING (key) WHERE v.id = guess.id
    )
    SELECT n, purpose, phone_key, phone_sealed, key_version, code_length, checks, max_checks, guessed_at,
           -- A phone that was first guessed at a moment ago may refuse before this statement can see why.
           CASE WHEN guessed_at IS NULL THEN coalesce((
             SELECT guesses_refusal(wrong_guesses, wrong_in_a_row, ${GUESSES}, ${NOW}) FROM phones WHERE phones.phone_key = key),
             '{"limit": "phone-guesses-hour", "retryAfter": 1}') END AS refusal
      FROM guess LEFT JOIN phone USING (key)`,
);

export interface RightGuess {
  readonly id: string;
  /** Whose repeat may learn of it. */
  readonly run: string | null;
  /** As COUNT_GUESS named it. */
  readonly guessed_at: string;
}

export interface ApprovedRow {
  readonly n: number;
  readonly ended_at: Date;
}

const THIS = 'array_position(p.wrong_guesses, guessed_at)';
/** One only: another may have been made in the same microsecond. */
const WITHOUT_THIS = `coalesce(p.wrong_guesses[: ${THIS} - 1] || p.wrong_guesses[${THIS} + 1 :], p.wrong_guesses)`;

/** A row for whoever was first. Locks as COUNT_GUESS does. */
export const APPROVE = named<GuessParameters>(
  'approve',
  `WITH held AS (
      SELECT given.*, v.key FROM ${recordsOf<RightGuess>('guesses', { id: 'uuid', run: 'uuid', guessed_at: 'timestamptz' }, 'id')} CROSS JOIN LATERAL (
        SELECT key_now(phone_key) AS key FROM verifications WHERE id = given.id AND status = 'pending' FOR NO KEY UPDATE) AS v
    ), guess AS MATERIALIZED (SELECT DISTINCT ON (key) *, ${NOW} AS at FROM held ORDER BY key, n), person AS (
      SELECT guess.* FROM guess CROSS JOIN LATERAL (SELECT FROM phones AS p WHERE p.phone_key = guess.key FOR NO KEY UPDATE) AS p
    ), phone AS (
      UPDATE phones AS p SET wrong_guesses = ${WITHOUT_THIS}, wrong_in_a_row = 0, approved_at = person.at
        FROM person WHERE p.phone_key = person.key
    )
    UPDATE verifications AS v SET status = 'approved', ended_at = guess.at, approved_by = guess.run
      FROM guess WHERE v.id = guess.id RETURNING n, ended_at`,
);
