-- As before, but for MATERIALIZED: without it all tries of the hour are read again for each combination.
CREATE OR REPLACE FUNCTION roll_up_hour(p_hour timestamptz, p_at timestamptz) RETURNS void LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  -- Whoever rolls up the same hour waits, and finds it done as well.
  INSERT INTO analytics_rolls AS r (hour, rolled_at) VALUES (p_hour, coalesce(p_at, clock_timestamp()))
    ON CONFLICT (hour) DO UPDATE SET rolled_at = greatest(r.rolled_at, excluded.rolled_at);
  DELETE FROM analytics_hours WHERE hour = p_hour;
  INSERT INTO analytics_hours (hour, provider, country, template, variant, channel, sent, delivered, approved, cost_micros, latencies)
    WITH tries AS (
      SELECT a.provider, coalesce(m.country, '') AS country, m.template, coalesce(m.variant, '') AS variant, a.channel, a.cost_micros,
          a.outcome = 'accepted' AS sent, a.report = 'delivered' AS delivered,
          CASE WHEN a.delivered_at IS NOT NULL THEN latency_class(extract(epoch FROM a.delivered_at - a.started_at) * 1000) END AS class,
          a.outcome = 'accepted' AND v.status = 'approved' AND a.started_at <= v.ended_at AND NOT EXISTS (
            SELECT 1 FROM messages AS n JOIN attempts AS later ON later.message_id = n.id
              WHERE n.verification_id = v.id AND later.outcome = 'accepted' AND later.started_at <= v.ended_at
                AND (later.started_at, later.id) > (a.started_at, a.id)) AS approved
        FROM attempts AS a JOIN messages AS m ON m.id = a.message_id LEFT JOIN verifications AS v ON v.id = m.verification_id
        WHERE a.started_at >= p_hour AND a.started_at < p_hour + interval '1 hour'
          AND (a.outcome = 'accepted' OR a.cost_micros IS NOT NULL)
    ), classes AS MATERIALIZED (
      SELECT provider, country, template, variant, channel, class, count(*)::int AS n FROM tries WHERE class IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT p_hour, t.*, (
        SELECT array_agg(coalesce(c.n, 0) ORDER BY slot) FROM generate_series(1, 80) AS slot LEFT JOIN classes AS c
          ON c.class = slot AND (c.provider, c.country, c.template, c.variant, c.channel) = (t.provider, t.country, t.template, t.variant, t.channel)
          HAVING count(c.n) > 0
      )
      FROM (
        SELECT provider, country, template, variant, channel, count(*) FILTER (WHERE sent)::int, count(*) FILTER (WHERE delivered)::int,
            count(*) FILTER (WHERE approved)::int, coalesce(sum(cost_micros), 0)::bigint
          FROM tries GROUP BY 1, 2, 3, 4, 5
      ) AS t (provider, country, template, variant, channel, sent, delivered, approved, cost_micros);
END $$;
