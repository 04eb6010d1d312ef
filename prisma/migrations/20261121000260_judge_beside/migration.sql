-- As before, but that it also judges. What the statement of a start leaves to be done: judges what was only written down (uncharged on all five levels),
-- by what is left before this round, charges what was not charged, gives back for approvals, and forgets what nobody will approve
-- any more. The verdict is that of `Budgets.decide`. Locks prefixes in the order in which a start does, the widest first. Returns how many
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

  UPDATE send_decisions AS d SET verdict = CASE WHEN worst >= 4 THEN 'deny' ELSE 'challenge' END, level = worst / 2,
      reason = CASE worst % 2 WHEN 1 THEN 'conversion' ELSE 'budget' END, counted = false, uncharged = 0
    FROM (
        SELECT s.id, max(2 * k.n + is_blocked::int) AS worst
          FROM send_decisions AS s CROSS JOIN LATERAL (SELECT greatest(1, s.price_micros / p_cost_micros)) AS c(cost)
            CROSS JOIN LATERAL unnest(s.keys) WITH ORDINALITY AS k(key, n)
            LEFT JOIN prefix_budgets AS b ON b.key = k.key
            CROSS JOIN LATERAL (SELECT least(p_max_caps[k.n], p_caps[k.n] + p_growth * coalesce(decayed(b.approvals, b.at, s.at), 0),
                coalesce(b.tokens, p_caps[k.n]) + p_refills[k.n] * coalesce(greatest(extract(epoch FROM s.at - b.at)::float8, 0), 0) / 3600) AS tokens,
              coalesce(b.blocked_until > s.at AND (k.n = 1 OR s.price_micros > p_cost_micros OR b.probe_at + interval '30 minutes' > s.at), false) AS is_blocked
            ) AS l
          WHERE s.id = ANY (v_ids) AND s.uncharged = 5 AND (is_blocked OR l.tokens + 1e-9 < send_need(cost, k.n::int, p_caps[k.n]))
          GROUP BY s.id
      ) AS j
    WHERE d.id = j.id;

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
