import {
  BUDGET_GATE,
  DECISION,
  GATE_IS_OPEN,
  IS_KNOWN,
  UNJUDGED_DECISION,
  type DecisionParameters,
  type GateParameters,
} from '../fraud/index.js';
import { named, recordsOf, type SqlColumns } from '../prisma/index.js';
import type { ChannelPlan } from '../sms/index.js';
import { GUESSES } from './guess.sql.js';
import { NOW, type MessageParameters, type OpenedRow } from './verification.sql.js';

/** What a start writes. */
export interface StartColumns
  extends Omit<MessageParameters, 'channels' | 'cap_micros' | 'kept_micros'>,
    DecisionParameters {
  /** Not as text: the record is JSON already. */
  readonly channels: ChannelPlan | null;
  readonly id: string;
  readonly purpose: string;
  readonly channel: string;
  readonly locale: string | null;
  readonly phone_key: Uint8Array;
  readonly phone_sealed: Uint8Array;
  readonly key_version: number;
  readonly code_length: number;
  readonly max_checks: number;
  readonly ttl_secs: number;
  readonly cooldown_secs: number;
}

/** What all starts of one statement are measured by. */
export interface StartParameters extends Pick<MessageParameters, 'cap_micros' | 'kept_micros'> {
  /** As `recordsIn` has them, each of another phone, else of each phone one alone is opened. */
  readonly starts: string;
  /** "Now" as a test gives it; null is the server's clock. */
  readonly at: Date | null;
  /** Null where the hit was taken elsewhere. */
  readonly quotas: readonly number[] | null;
  readonly secs: readonly number[];
}

/** Of one start alone. */
export type GuardedStartParameters = StartParameters & GateParameters & Pick<StartColumns, 'phone_key'>;

export interface StartedRow extends OpenedRow {
  readonly n: number;
}

const COLUMNS: SqlColumns<StartColumns> = {
  ...{ id: 'uuid', purpose: 'text', channel: 'text', locale: 'text', phone_key: 'bytea', phone_sealed: 'bytea' },
  ...{ key_version: 'int', code_length: 'int', max_checks: 'int', ttl_secs: 'int', cooldown_secs: 'int' },
  ...{ message_id: 'uuid', template: 'text', message_channel: 'text', channels: 'jsonb', written_in: 'text' },
  ...{ template_version: 'int', variant: 'text', lease_ms: 'int', attempt_id: 'uuid', provider: 'text' },
  ...{ sender: 'text', route: 'text', country: 'text', price_micros: 'bigint', reserve_micros: 'bigint' },
  ...{ prefix_keys: 'bytea[]', send_micros: 'bigint', destination: 'text', knows: 'boolean', line_type: 'text' },
  fraud_mode: 'text',
};

const QUOTA = (n: number) => `(:quotas::int[])[${n}]`;
/** The same as `window_state` says, in a form that costs nothing: at this moment, quota number `n` has room for one more. */
const HAS_ROOM = (n: number) =>
  `cardinality(w.hits) - width_bucket(${NOW} - make_interval(secs => (:secs::int[])[${n}]), w.hits) < ${QUOTA(n)}`;

/** A conflicting insert locks the window before it counts, so what is counted is what is there. Windows are locked in order. */
const TAKE_HIT = `
    INSERT INTO limit_windows AS w (key, hits) SELECT key, ARRAY[${NOW}] FROM start ORDER BY key
      ON CONFLICT (key) DO UPDATE
        SET hits = w.hits[greatest(cardinality(w.hits) - greatest(${QUOTA(1)}, ${QUOTA(2)}) + 2, 1) :] || ${NOW}
        WHERE ${HAS_ROOM(1)} AND ${HAS_ROOM(2)}
      RETURNING key, hits, hits[cardinality(hits)] AS at`;

/** Near the cap only phones that were approved before fit. */
const FITS = (held: string) => `(${held} <= :cap_micros::bigint - :kept_micros::bigint
          OR (${held} <= :cap_micros AND (SELECT bool_and(known) FROM opened)))`;

/** Last of all that is locked, so that the one row of the day is held for the commit and hardly longer. */
const RESERVE = `
      INSERT INTO spend_days AS d (day, held_micros)
        SELECT spend_day, sum(reserve_micros)::bigint AS micros FROM opened, (SELECT count(*) FROM message) AS after
          GROUP BY spend_day HAVING sum(reserve_micros) > 0 AND ${FITS('sum(reserve_micros)')} ORDER BY spend_day
        ON CONFLICT (day) DO UPDATE SET held_micros = d.held_micros + excluded.held_micros
          WHERE ${FITS('d.held_micros + excluded.held_micros')}
        RETURNING day`;

/** Where hits are counted. */
interface Counting {
  readonly hit: string;
  readonly window: string;
  readonly from: string;
}
const HERE: Counting = {
  hit: TAKE_HIT,
  window: 'state.remaining, state.resets',
  from: 'CROSS JOIN LATERAL window_state(hits, :quotas, :secs, at) AS state',
};
const ELSEWHERE: Counting = {
  hit: `SELECT key, ${NOW} AS at FROM start`,
  window: 'NULL AS remaining, NULL AS resets',
  from: '',
};

/** Whether budgets are asked before, or only told. */
interface Guarding {
  readonly gate: string;
  readonly isOpen: string;
  readonly decision: string;
}
const ASKED: Guarding = { gate: `${BUDGET_GATE}, `, isOpen: ` AND ${GATE_IS_OPEN}`, decision: DECISION };
const TOLD: Guarding = { gate: '', isOpen: '', decision: UNJUDGED_DECISION };

const open = ({ hit, window, from }: Counting, { gate, isOpen, decision }: Guarding) => `WITH start AS MATERIALIZED (
      SELECT DISTINCT ON (key) * FROM (SELECT given.*, key_now(phone_key) AS key FROM ${recordsOf('starts', COLUMNS, 'phone_key')}) AS given
        WHERE coalesce((SELECT false FROM opt_outs WHERE opt_outs.phone_key = key), true) ORDER BY key, n
    ), hit AS (${hit}
    ), ${gate}verification AS (
      INSERT INTO verifications (id, purpose, channel, locale, phone_key, phone_sealed, key_version, code_length, max_checks,
                                 created_at, expires_at, next_send_at)
        SELECT id, purpose, channel, locale, phone_key, phone_sealed, key_version, code_length, max_checks,
               at, at + make_interval(secs => ttl_secs), at + make_interval(secs => cooldown_secs)
          -- Phones are asked in order, too. No code goes to one on which nobody could enter it.
          FROM (SELECT * FROM start JOIN hit USING (key) ORDER BY key) AS start WHERE takes_guesses(phone_key, id, ${GUESSES}, at)${isOpen}
        RETURNING id, created_at, expires_at, next_send_at
    ), opened AS MATERIALIZED (
      SELECT *, (created_at AT TIME ZONE 'UTC')::date AS spend_day, knows AND ${IS_KNOWN('key', 'created_at')} AS known
        FROM verification JOIN start USING (id)
    ), message AS (
      INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, lease_until,
                            created_at, updated_at, expires_at, channel, channels, locale, template_version, variant,
                            country, reserved_micros, spend_day)
        SELECT message_id, id, phone_key, phone_sealed, key_version, template,
               CASE WHEN attempt_id IS NULL THEN 'queued' ELSE 'sending' END::message_status,
               created_at + make_interval(secs => lease_ms / 1000.0), created_at, created_at, expires_at,
               message_channel, channels, written_in, template_version, variant, country, reserve_micros, spend_day FROM opened
        RETURNING 1
    ), attempt AS (
      INSERT INTO attempts (id, message_id, provider, channel, sender, route, started_at, price_micros, spend_day)
        SELECT attempt_id, message_id, provider, message_channel, sender, route, created_at, price_micros, spend_day
          FROM opened WHERE attempt_id IS NOT NULL
    ), ${decision}, spend AS (${RESERVE}
    )
    SELECT n, CASE WHEN reserve_micros = 0 OR spend_day IN (SELECT day FROM spend) THEN true
                ELSE refuse('cost', cost_refusal(created_at)) END AS is_reserved,
           false AS opted_out, NULL::int AS refused_by, ${window}, created_at, expires_at, next_send_at,
           floor(extract(epoch FROM expires_at - created_at))::int AS secs_left
      FROM opened JOIN hit USING (key) ${from}`;

/**
 * Takes hits, writes verifications, messages and attempts, and reserves what they may cost. No row of what is refused by its
 * limits, and then nothing was written of it; what anything else refuses (SQL: `refuse`) undoes them all. One statement, not a
 * function: plain SQL costs a third less.
 */
export const START = named<StartParameters>('start_verification', open(HERE, TOLD));
/** The same where the hit was taken elsewhere. */
export const START_UNCOUNTED = named<StartParameters>('start_uncounted', open(ELSEWHERE, TOLD));

/** Of one start; the budget's gate is in what is selected, so that it is asked only where all else was admitted. */
export const START_GUARDED = named<GuardedStartParameters>('start_guarded', open(HERE, ASKED));
export const START_GUARDED_UNCOUNTED = named<GuardedStartParameters>('start_guarded_uncounted', open(ELSEWHERE, ASKED));
