import { LEVELS, MICROS_A_TOKEN, type BudgetPolicy } from './budgets.js';

/** The numbers of each level, in the order of `LEVELS`, as SQL takes them. */
export const levelArrays = ({ levels }: BudgetPolicy) => ({
  level_caps: LEVELS.map((level) => levels[level].cap),
  level_refills: LEVELS.map((level) => levels[level].refill),
  level_max_caps: LEVELS.map((level) => levels[level].maxCap),
});

export const SETTLE = { name: 'settle_sends', text: 'SELECT settle_sends($1, $2, $3, $4, $5, $6, $7, $8) AS done' };
export const BREAK = { name: 'break_prefixes', text: 'SELECT break_prefixes($1, $2, $3, $4) AS done' };
/** A full budget, and nothing held against it: by $1, the country, or $2, the keys. */
export const FORGIVE = {
  name: 'forgive_prefixes',
  text: `UPDATE prefix_budgets AS b SET forgiven_at = now.at, blocked_until = NULL, strikes = 0, probe_at = NULL, at = greatest(b.at, now.at),
      approvals = decayed(b.approvals, b.at, now.at), tokens = greatest(b.tokens, ($3::float8[])[b.level])
    FROM (SELECT coalesce($4::timestamptz, clock_timestamp())) AS now(at) WHERE b.key = ANY (ARRAY(
      SELECT key FROM prefix_budgets WHERE country = $1::text OR key = ANY ($2::bytea[]) ORDER BY level, key FOR UPDATE)) RETURNING 1 AS one`,
};
export const ADOPT = { name: 'adopt_prefixes', text: 'SELECT adopt_prefixes($1, $2)' };

export function settleValues(policy: BudgetPolicy, most: number, at: Date | null): readonly unknown[] {
  const { level_caps, level_refills, level_max_caps } = levelArrays(policy);
  return [level_caps, level_refills, level_max_caps, policy.growth, policy.theta, MICROS_A_TOKEN, most, at];
}

export function breakValues({ breaker }: BudgetPolicy, at: Date | null): readonly unknown[] {
  return [breaker.mature, breaker.matureCountry, breaker.below, at];
}

/** A refused send, which no statement of a start wrote down. */
export const REFUSED = {
  name: 'refused_send',
  text: `INSERT INTO send_decisions (id, at, country, line_type, keys, mode, verdict, level, reason, refused, challenge, price_micros, resend)
    VALUES (gen_random_uuid(), coalesce($1::timestamptz, clock_timestamp()), $2, $3, $4, $5, $6, $7, $8, true, $9, $10, $11)`,
};
