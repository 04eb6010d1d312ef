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

-- What a text costs a prefix of that level: a full bucket at most, or it could never be sent; of the narrow ones half, or one dear
-- text would shut out every neighbour. Plain SQL, so that it is read as if it stood where it is called.
CREATE FUNCTION send_need(p_cost float8, p_level int, p_cap float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
  SELECT least(p_cost, p_cap, CASE WHEN p_level >= 4 THEN greatest(1, p_cap / 2) END)
$$;

-- As before, but for `send_need`. What the statement of a start leaves to be done: charges what it did not charge itself, gives back for approvals, and forgets
-- what nobody will approve any more. Locks prefixes in the order in which a start does, the widest first. Returns how many
-- sends it had work with; 0 also while another instance is at it.
CREATE OR REPLACE FUNCTION settle_sends(
  p_caps float8[], p_refills float8[], p_max_caps float8[], p_growth float8, p_theta float8, p_cost_micros float8, p_most int, p_at timestamptz
) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
  v_done int;
BEGIN
  IF NOT pg_try_advisory_xact_lock(506, 1) THEN RETURN 0; END IF;
  v_ids := ARRAY(
    SELECT d.id FROM send_decisions AS d LEFT JOIN verifications AS v ON v.id = d.id AND v.status = 'approved'
      WHERE d.watch_until IS NOT NULL AND (d.uncharged > 0 OR v.id IS NOT NULL OR d.watch_until <= v_at)
      ORDER BY d.watch_until LIMIT p_most);
  v_done := cardinality(v_ids);
  IF v_done = 0 THEN RETURN 0; END IF;

  -- Makes what is missing, and locks all, in the order of levels.
  INSERT INTO prefix_budgets AS b (key, level, country, tokens, at)
    SELECT k.key, k.n, min(d.country), p_caps[k.n], v_at
      FROM send_decisions AS d CROSS JOIN LATERAL unnest(d.keys) WITH ORDINALITY AS k(key, n)
      WHERE d.id = ANY (v_ids) AND d.counted GROUP BY k.key, k.n ORDER BY k.n, k.key
    ON CONFLICT (key) DO UPDATE SET level = excluded.level;
  UPDATE prefix_budgets AS b SET at = greatest(b.at, v_at), approvals = n.approvals, tokens = least(n.cap, n.tokens + s.refund),
      probe_at = CASE WHEN o.level > 1 AND o.blocked_until > v_at AND s.charge > 0 THEN v_at ELSE b.probe_at END
    FROM (
        SELECT k.key, coalesce(sum(send_need(cost, k.n::int, p_caps[k.n])) FILTER (WHERE k.n <= d.uncharged), 0) AS charge,
            count(*) FILTER (WHERE k.n <= d.uncharged) AS sends,
            coalesce(sum(send_need(cost, k.n::int, p_caps[k.n]) / p_theta) FILTER (WHERE v.id IS NOT NULL), 0) AS refund, count(v.id) AS approved
          FROM send_decisions AS d CROSS JOIN LATERAL (SELECT greatest(1, d.price_micros / p_cost_micros)) AS c(cost)
            CROSS JOIN LATERAL unnest(d.keys) WITH ORDINALITY AS k(key, n)
            LEFT JOIN verifications AS v ON v.id = d.id AND v.status = 'approved'
          WHERE d.id = ANY (v_ids) AND d.counted GROUP BY k.key
      ) AS s JOIN prefix_budgets AS o ON o.key = s.key
      CROSS JOIN LATERAL (SELECT decayed(o.approvals, o.at, v_at)) AS d(approvals)
      CROSS JOIN LATERAL (SELECT least(p_max_caps[o.level], p_caps[o.level] + p_growth * d.approvals,
        o.tokens + p_refills[o.level] * greatest(extract(epoch FROM v_at - o.at)::float8, 0) / 3600) AS tokens) AS f
      -- As many are charged as it can pay: more were let through only by a challenge, or before this was known.
      CROSS JOIN LATERAL (SELECT d.approvals + s.approved AS approvals,
        least(p_max_caps[o.level], p_caps[o.level] + p_growth * (d.approvals + s.approved)) AS cap,
        f.tokens - CASE WHEN s.sends > 0 THEN s.charge / s.sends
          * least(s.sends, greatest(floor((f.tokens + 1e-9) * s.sends / s.charge), 0)) ELSE 0 END AS tokens) AS n
    WHERE b.key = s.key;

  UPDATE send_decisions AS d SET uncharged = 0, approved_at = v.ended_at,
      watch_until = CASE WHEN v.id IS NULL AND d.watch_until > v_at THEN d.watch_until END
    FROM unnest(v_ids) AS due(id) LEFT JOIN verifications AS v ON v.id = due.id AND v.status = 'approved'
    WHERE d.id = due.id;
  RETURN v_done;
END $$;
