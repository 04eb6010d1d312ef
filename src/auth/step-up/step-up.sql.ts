import { named } from '../../prisma/index.js';

const NOW = 'coalesce(:at::timestamptz, clock_timestamp())';
/** A step-up is good in its session alone, and as long as that is open. */
const IS_OPEN = `EXISTS (SELECT 1 FROM sessions WHERE sessions.id = session_id AND is_live(sessions, ${NOW}))`;

export interface OpenParameters {
  readonly id: string;
  readonly session: string;
  readonly action: string;
  readonly context: string | null;
  readonly expires: Date;
  readonly at: Date | null;
}

/** Nothing where the session was erased meanwhile. Two go for each that comes, so what has ended never piles up. */
export const OPEN = named<OpenParameters>(
  'open_step_up',
  `WITH gone AS (
      DELETE FROM step_ups WHERE id = ANY (ARRAY(
        SELECT id FROM step_ups WHERE expires_at <= ${NOW} ORDER BY expires_at LIMIT 2 FOR UPDATE SKIP LOCKED))
    )
    INSERT INTO step_ups (id, session_id, action, context, expires_at)
      SELECT :id::uuid, id, :action::text, :context::text, :expires::timestamptz FROM sessions WHERE id = :session::uuid FOR KEY SHARE`,
);

export interface StepUpRow {
  readonly action: string;
  readonly context: string | null;
  readonly approved_at: Date;
}

export interface FindParameters {
  readonly id: string;
  readonly session: string;
}

export const FIND = named<FindParameters>(
  'find_step_up',
  'SELECT action, context FROM step_ups WHERE id = :id AND session_id = :session',
);

export interface ProveParameters extends FindParameters {
  readonly approved: Date;
  readonly life_secs: number;
  readonly at: Date | null;
}

export const PROVE = named<ProveParameters>(
  'prove_step_up',
  `UPDATE step_ups SET approved_at = :approved, expires_at = :approved::timestamptz + make_interval(secs => :life_secs)
    WHERE id = :id AND session_id = :session AND approved_at IS NULL AND ${IS_OPEN} RETURNING action, context, approved_at`,
);

export interface RedeemParameters extends FindParameters {
  /** The only action that it may be for; null: any. */
  readonly action: string | null;
  readonly at: Date | null;
}

export const REDEEM = named<RedeemParameters>(
  'redeem_step_up',
  `UPDATE step_ups SET redeemed_at = ${NOW}
    WHERE id = :id AND session_id = :session AND (:action::text IS NULL OR action = :action)
      AND approved_at IS NOT NULL AND redeemed_at IS NULL AND expires_at > ${NOW} AND ${IS_OPEN}
    RETURNING action, context, approved_at`,
);
