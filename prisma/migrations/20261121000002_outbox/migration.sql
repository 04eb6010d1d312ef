-- Messages are the outbox. lease_until says until when a message is nobody else's business: while it is `sending`, the
-- time that its process has; while it is `queued`, the time of its next try. Past it, any instance claims it.

-- A message claimed by the caller with its first attempt, before the POST; without an attempt (nobody may send now) it is
-- queued, to be claimed after p_lease_ms.
CREATE OR REPLACE FUNCTION open_message(
  p_id uuid, p_verification_id uuid, p_phone_key bytea, p_phone_sealed bytea, p_key_version int, p_template text,
  p_expires_at timestamptz, p_lease_ms int, p_attempt_id uuid, p_provider text, p_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, lease_until,
                        created_at, updated_at, expires_at)
  VALUES (p_id, p_verification_id, p_phone_key, p_phone_sealed, p_key_version, p_template,
          CASE WHEN p_attempt_id IS NULL THEN 'queued' ELSE 'sending' END::message_status,
          p_at + make_interval(secs => p_lease_ms / 1000.0), p_at, p_at, p_expires_at);
  IF p_attempt_id IS NOT NULL THEN
    INSERT INTO attempts (id, message_id, provider, started_at) VALUES (p_attempt_id, p_id, p_provider, p_at);
  END IF;
END $$;

-- Up to p_limit messages that are due, now ours for p_lease_ms. A try whose process is gone may have sent the text.
CREATE FUNCTION claim_messages(p_limit int, p_lease_ms int, p_at timestamptz) RETURNS TABLE (
  id uuid, verification_id uuid, phone_key bytea, phone_sealed bytea, key_version int, template text, expires_in_ms int,
  tries int, may_have_sent text[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
BEGIN
  SELECT array_agg(due.id) INTO v_ids FROM (
    SELECT m.id FROM messages AS m WHERE m.status IN ('queued', 'sending') AND m.lease_until <= v_at
      ORDER BY m.lease_until LIMIT p_limit FOR UPDATE SKIP LOCKED
  ) AS due;
  UPDATE attempts SET outcome = 'unknown', fault = 'unconfirmed', ended_at = v_at
    WHERE message_id = ANY (v_ids) AND outcome = 'pending';
  RETURN QUERY
    UPDATE messages AS m SET status = 'sending', lease_until = v_at + make_interval(secs => p_lease_ms / 1000.0), updated_at = v_at
      WHERE m.id = ANY (v_ids)
      RETURNING m.id, m.verification_id, m.phone_key, m.phone_sealed, m.key_version, m.template,
        (extract(epoch FROM m.expires_at - v_at) * 1000)::int,
        (SELECT count(*)::int FROM attempts AS a WHERE a.message_id = m.id),
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.outcome = 'unknown');
END $$;

-- What became of a message's last attempt (p_attempt_id null: there was none), and so of the message; with p_retry_ms it
-- is queued for another round. What was surely never sent costs the phone nothing: its hit is given back, the first
-- message's verification fails, a resend leaves it as it was before.
DROP FUNCTION record_dispatch;
CREATE FUNCTION record_dispatch(
  p_message_id uuid, p_attempt_id uuid, p_outcome attempt_outcome, p_fault text, p_provider_message_id text,
  p_status message_status, p_retry_ms int, p_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  m messages%ROWTYPE;
  v_at timestamptz := coalesce(p_at, clock_timestamp());
BEGIN
  UPDATE attempts SET outcome = p_outcome, fault = p_fault, provider_message_id = p_provider_message_id, ended_at = v_at
    WHERE id = p_attempt_id;
  -- Only forward: a process that was thought dead may still tell, but what was accepted meanwhile stays accepted.
  UPDATE messages SET status = p_status, updated_at = v_at,
      lease_until = CASE WHEN p_status = 'queued' THEN v_at + make_interval(secs => p_retry_ms / 1000.0) END
    WHERE id = p_message_id AND (status IN ('queued', 'sending') OR p_status = 'accepted') RETURNING * INTO m;
  -- The hit was taken before the text went out, but it is from then on that the network counts.
  IF m.status IN ('accepted', 'unknown') THEN
    UPDATE limit_windows SET hits = ARRAY(SELECT hit FROM unnest(array_replace(hits, m.created_at, v_at)) AS hit ORDER BY hit)
      WHERE key = m.phone_key;
  END IF;
  IF m.status = 'failed' AND NOT EXISTS (SELECT 1 FROM attempts WHERE message_id = p_message_id AND outcome IN ('accepted', 'unknown')) THEN
    UPDATE verifications SET
      status = CASE WHEN sends = 1 THEN 'failed' ELSE status END,
      ended_at = CASE WHEN sends = 1 THEN v_at ELSE ended_at END,
      next_send_at = v_at,
      sends = greatest(sends - 1, 1)
      WHERE id = m.verification_id AND status = 'pending';
    PERFORM give_back_hit(m.phone_key, m.created_at);
  END IF;
END $$;
