import { rowsOf } from '../prisma/index.js';
import { DEFAULT_POLICY, EPSILON, LEVELS, MICROS_A_TOKEN } from './budgets.js';

/** What is written down of a send, whoever judges it. */
export interface DecisionParameters {
  /** The country's first, then ever narrower. */
  readonly prefix_keys: readonly Uint8Array[];
  /** What the text is expected to cost. */
  readonly send_micros: number;
  /** ISO 3166-1 alpha-2, or the calling code of no country. */
  readonly destination: string;
  /** Whether it counts that the phone was approved before: not where the answer would tell a stranger. */
  readonly knows: boolean;
  readonly line_type: string | null;
  readonly fraud_mode: string;
}

/** What a start is measured by, beside its phone's own limits. */
export interface GateParameters extends DecisionParameters {
  readonly level_caps: readonly number[];
  readonly level_refills: readonly number[];
  readonly level_max_caps: readonly number[];
  readonly send_cost: number;
  /** What is let through against the verdict: 0 nothing, 1 what is to be challenged, 2 all. */
  readonly lifts: 0 | 1 | 2;
  readonly challenge: string | null;
}

/** SQL: the phone was approved not long before. */
export const IS_KNOWN = (key: string, at: string) =>
  `EXISTS (SELECT 1 FROM phones WHERE phones.phone_key = ${key} AND approved_at > ${at} - interval '90 days')`;
/**
 * The twin of `Budgets.decide` and `charge` as CTEs of a start: they read `hit` (when), and the gate is open or the whole
 * statement is refused. Prefixes are locked the widest first. The country is hot and only ever challenged, so it is looked at
 * without a lock and charged within seconds.
 */
export const BUDGET_GATE = `person AS (
      SELECT hit.at, :knows::boolean AND ${IS_KNOWN('key_now(:phone_key)', 'hit.at')} AS known FROM hit
    ), locked AS (
      SELECT b.* FROM person, ${rowsOf(LEVELS.length, ':prefix_keys::bytea[]')} AS k(n, key)
          CROSS JOIN LATERAL (SELECT * FROM prefix_budgets WHERE key = k.key FOR UPDATE) AS b
        WHERE k.n > 1 AND NOT person.known
    ), budget AS (
      SELECT * FROM locked UNION ALL
      SELECT b.* FROM person CROSS JOIN LATERAL (SELECT * FROM prefix_budgets WHERE key = (:prefix_keys)[1] LIMIT 1) AS b
        WHERE NOT person.known
    ), level AS (
      SELECT k.key, k.n, k.refill, b.key IS NULL AS is_new, person.at, send_need(:send_cost::float8, k.n, k.cap) AS need, a.approvals,
             least(k.max_cap, k.cap + ${DEFAULT_POLICY.growth} * a.approvals, coalesce(b.tokens, k.cap) + k.refill * a.secs / 3600) AS tokens,
             b.blocked_until > person.at AS is_blocked,
             CASE WHEN b.blocked_until > person.at AND (k.n = 1 OR :send_micros::bigint > ${MICROS_A_TOKEN} OR b.probe_at + interval '30 minutes' > person.at)
               THEN least(b.blocked_until, CASE WHEN k.n > 1 AND :send_micros <= ${MICROS_A_TOKEN} THEN b.probe_at + interval '30 minutes' END)
             END AS blocked_until
        FROM person CROSS JOIN ${rowsOf(LEVELS.length, ':prefix_keys', ':level_caps::float8[]', ':level_refills::float8[]', ':level_max_caps::float8[]')}
            AS k(n, key, cap, refill, max_cap)
          LEFT JOIN budget AS b ON b.key = k.key
          CROSS JOIN LATERAL (SELECT coalesce(decayed(b.approvals, b.at, person.at), 0) AS approvals,
            coalesce(greatest(extract(epoch FROM person.at - b.at)::float8, 0), 0) AS secs) AS a
    ), refusing AS (
      SELECT max(2 * n + (blocked_until IS NOT NULL)::int) AS worst,
             max(CASE WHEN blocked_until IS NOT NULL THEN extract(epoch FROM blocked_until - at) ELSE (need - tokens) * 3600 / refill END) AS wait
        FROM level WHERE blocked_until IS NOT NULL OR tokens + ${EPSILON} < need
    ), verdict AS (
      SELECT CASE WHEN worst >= 4 THEN 'deny' WHEN worst IS NOT NULL THEN 'challenge' ELSE 'allow' END AS verdict, worst / 2 AS level,
             CASE worst % 2 WHEN 1 THEN 'conversion' WHEN 0 THEN 'budget' END AS reason,
             greatest(ceil(wait), 1)::bigint AS wait, known
        FROM refusing, person
    ), gate AS (
      SELECT *, NOT known AND (verdict = 'allow' OR :lifts::int > 0) AS counted,
             CASE WHEN :lifts < CASE verdict WHEN 'deny' THEN 2 WHEN 'challenge' THEN 1 ELSE 0 END
               THEN refuse('budget', jsonb_build_object('verdict', verdict, 'level', level, 'reason', reason, 'retryAfter', wait))
               ELSE true END AS is_open
        FROM verdict
    ), charged AS (
      INSERT INTO prefix_budgets AS b (key, level, country, tokens, approvals, at, probe_at, strikes)
        SELECT l.key, l.n, :destination::text, l.tokens - CASE WHEN l.tokens + ${EPSILON} >= l.need THEN l.need ELSE 0 END, l.approvals, l.at,
               CASE WHEN l.is_blocked THEN l.at END, CASE WHEN l.is_new THEN 0 ELSE -1 END
          FROM level AS l, gate WHERE l.n > 1 AND gate.is_open AND gate.counted ORDER BY l.n
        -- Whose strikes are -1 was locked, and is there for sure; another was made by somebody else meanwhile.
        ON CONFLICT (key) DO UPDATE SET at = greatest(b.at, excluded.at), probe_at = coalesce(excluded.probe_at, b.probe_at),
          approvals = CASE WHEN excluded.strikes < 0 THEN excluded.approvals ELSE b.approvals END,
          tokens = CASE WHEN excluded.strikes < 0 THEN excluded.tokens ELSE b.tokens - (SELECT l.need FROM level AS l WHERE l.key = excluded.key) END
        RETURNING tokens, level
    )`;

/** For the verification's WHERE: two that were first on one prefix do not both go uncharged. */
export const GATE_IS_OPEN = `(SELECT is_open FROM gate) AND coalesce((
            SELECT refuse('budget', jsonb_build_object('verdict', 'deny', 'level', max(level), 'reason', 'budget', 'retryAfter', 60)) FROM charged
              WHERE tokens < -0.001 AND :lifts < 2 HAVING count(*) > 0), true)`;

const COLUMNS = `id, at, country, line_type, keys, mode, verdict, level, reason, refused, known, counted, challenge,
                                  price_micros, uncharged, watch_until`;

/** One more CTE, after `opened`. */
export const DECISION = `decision AS (
      INSERT INTO send_decisions (${COLUMNS})
        SELECT id, created_at, destination, line_type, prefix_keys, fraud_mode, verdict, level, reason, false, gate.known, counted, :challenge,
               send_micros, counted::int, CASE WHEN counted OR NOT gate.known THEN expires_at + interval '1 minute' END
          FROM opened, gate
    )`;

/**
 * The same where nothing is refused: no budget is looked at, and the job that charges all five judges it first. Until then,
 * seconds, it reads as let through. Of any number of starts.
 */
export const UNJUDGED_DECISION = `decision AS (
      INSERT INTO send_decisions (${COLUMNS})
        SELECT id, created_at, destination, line_type, prefix_keys, fraud_mode, 'allow', NULL, NULL, false, known, NOT known, NULL, send_micros,
               CASE WHEN known THEN 0 ELSE ${LEVELS.length} END, CASE WHEN NOT known THEN expires_at + interval '1 minute' END
          FROM opened
    )`;
