-- A code that was asked for again has several plans at once. None of them goes on to its next channel after another text of the
-- verification was delivered since, nor to a channel that a newer one goes by already: that would be the same text twice.
CREATE OR REPLACE FUNCTION falls_back_at(p_message_id uuid, p_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT 1 FROM attempts AS a WHERE a.message_id = m.id AND a.channel = m.channel
        AND a.outcome IN ('pending', 'accepted', 'unknown') AND coalesce(a.report, 'accepted') NOT IN ('failed', 'undelivered'))
      THEN least(coalesce(m.channel_since, m.created_at), p_at) + make_interval(secs => leg.secs)
      ELSE '-infinity' END
    FROM messages AS m CROSS JOIN LATERAL channel_after(m.channels, m.channel) AS leg
      LEFT JOIN verifications AS v ON v.id = m.verification_id
    WHERE m.id = p_message_id AND leg.next IS NOT NULL AND m.expires_at > p_at AND (v.id IS NULL OR v.status = 'pending')
      AND NOT is_opted_out(m.phone_key)
      AND NOT EXISTS (SELECT 1 FROM attempts AS a WHERE a.message_id = m.id AND (a.report = 'delivered'
        OR (a.report IN ('failed', 'undelivered') AND NOT coalesce(a.report_curable, true) AND NOT a.not_on_channel)))
      AND NOT EXISTS (SELECT 1 FROM messages AS o WHERE o.verification_id = m.verification_id AND o.id <> m.id
        AND ((o.status = 'delivered' AND o.updated_at >= m.created_at)
          OR (o.created_at > m.created_at AND o.channel = leg.next AND o.status NOT IN ('failed', 'undelivered', 'canceled'))))
$$;
