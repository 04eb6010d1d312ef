-- A resend is written down with its message's id, and is no second chance to be approved: it is neither charged nor counted.
ALTER TABLE "send_decisions" ADD COLUMN "resend" BOOLEAN NOT NULL DEFAULT false;

-- An operator said so: what was sent before does not block it again.
ALTER TABLE "prefix_budgets" ADD COLUMN "forgiven_at" TIMESTAMPTZ(6);

-- As before, but what an operator forgave counts no more. Blocks prefixes of which hardly anybody enters a code: of the sends of the last hour that were approved or had five minutes
-- for it. A country is only challenged, for an hour; a prefix is blocked for 12 hours, twice as long each time, a week at most.
CREATE OR REPLACE FUNCTION break_prefixes(p_mature int, p_mature_country int, p_below float8, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_keys bytea[];
  v_broken int;
BEGIN
  IF NOT pg_try_advisory_xact_lock(506, 2) THEN RETURN 0; END IF;
  v_keys := ARRAY(
    SELECT k.key FROM send_decisions AS d CROSS JOIN LATERAL unnest(d.keys) WITH ORDINALITY AS k(key, n)
        LEFT JOIN prefix_budgets AS b ON b.key = k.key
      WHERE d.at > coalesce(b.forgiven_at, '-infinity') AND d.at > v_at - interval '1 hour' AND d.at <= v_at AND d.counted AND (d.approved_at IS NOT NULL OR d.at <= v_at - interval '5 minutes')
      GROUP BY k.key, k.n
      HAVING count(*) >= CASE k.n WHEN 1 THEN p_mature_country ELSE p_mature END AND count(d.approved_at) < p_below * count(*));
  IF v_keys = '{}' THEN RETURN 0; END IF;
  PERFORM 1 FROM prefix_budgets WHERE key = ANY (v_keys) ORDER BY level, key FOR UPDATE;
  UPDATE prefix_budgets AS b SET strikes = n.strikes + 1, probe_at = v_at,
      blocked_until = v_at + CASE o.level WHEN 1 THEN interval '1 hour'
        ELSE make_interval(hours => least(12 * power(2, least(n.strikes, 4))::int, 168)) END
    FROM prefix_budgets AS o
      CROSS JOIN LATERAL (SELECT CASE WHEN o.blocked_until > v_at - interval '7 days' THEN o.strikes ELSE 0 END AS strikes) AS n
    WHERE b.key = ANY (v_keys) AND o.key = b.key AND (b.blocked_until IS NULL OR b.blocked_until <= v_at);
  GET DIAGNOSTICS v_broken = ROW_COUNT;
  RETURN v_broken;
END $$;
