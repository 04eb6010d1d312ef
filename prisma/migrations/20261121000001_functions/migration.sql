-- The hot paths are one round trip each, so what must be decided together is decided here. Inside a function every
-- statement sees what was committed before it, so a row that is locked first is counted as it really is; a single
-- statement that locks and counts would count on a snapshot taken before the lock.
--
-- p_at is "now" as a test gives it; null means this server's clock, which all instances share.

-- limits ---------------------------------------------------------------------------------------------------------------

-- What a window holds: refused_by is the index of the quota that is used up and opens last (null: none is); retry_after
-- the seconds until then; remaining and resets have one element a quota, resets being seconds until its oldest hit leaves.
CREATE FUNCTION window_state(
  p_hits timestamptz[], p_quotas int[], p_secs int[], p_at timestamptz,
  OUT refused_by int, OUT retry_after int, OUT remaining int[], OUT resets int[]
) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  v_count int;
  v_length int := cardinality(p_hits);
  v_wait numeric;
  v_longest numeric := 0;
BEGIN
  FOR i IN 1 .. cardinality(p_quotas) LOOP
    SELECT count(*) INTO v_count FROM unnest(p_hits) AS hit WHERE hit > p_at - make_interval(secs => p_secs[i]);
    remaining[i] := greatest(p_quotas[i] - v_count, 0);
    resets[i] := CASE WHEN v_count = 0 THEN 0
      ELSE ceil(extract(epoch FROM p_hits[v_length - v_count + 1] - p_at) + p_secs[i]) END;
    IF remaining[i] = 0 THEN
      v_wait := extract(epoch FROM p_hits[v_length - p_quotas[i] + 1] - p_at) + p_secs[i];
      IF v_wait > v_longest THEN
        v_longest := v_wait;
        refused_by := i;
        retry_after := greatest(ceil(v_wait), 1);
      END IF;
    END IF;
  END LOOP;
END $$;

-- Takes one hit if every quota allows it. A refused hit is not written, so asking again never extends a window.
-- p_former is the same phone's key under the previous secret: its window is moved, so that a new secret resets nothing.
CREATE FUNCTION take_hit(
  p_key bytea, p_quotas int[], p_secs int[], p_at timestamptz, p_former bytea DEFAULT NULL,
  OUT refused_by int, OUT retry_after int, OUT remaining int[], OUT resets int[], OUT hit_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  v_hits timestamptz[];
  v_most int := (SELECT max(quota) FROM unnest(p_quotas) AS quota);
BEGIN
  IF p_former IS NOT NULL THEN
    DELETE FROM limit_windows WHERE key = p_former RETURNING hits INTO v_hits;
    IF FOUND THEN
      INSERT INTO limit_windows (key, hits) VALUES (p_key, v_hits) ON CONFLICT (key) DO UPDATE
        SET hits = ARRAY(SELECT hit FROM unnest(limit_windows.hits || excluded.hits) AS hit ORDER BY hit);
    END IF;
  END IF;
  LOOP
    SELECT hits INTO v_hits FROM limit_windows WHERE key = p_key FOR UPDATE;
    hit_at := coalesce(p_at, clock_timestamp());
    IF FOUND THEN
      SELECT s.refused_by, s.retry_after, s.remaining, s.resets INTO refused_by, retry_after, remaining, resets
        FROM window_state(v_hits, p_quotas, p_secs, hit_at) AS s;
      EXIT WHEN refused_by IS NOT NULL;
      v_hits := v_hits || hit_at;
      v_hits := v_hits[greatest(cardinality(v_hits) - v_most + 1, 1) :]; -- older ones can refuse nothing
      UPDATE limit_windows SET hits = v_hits WHERE key = p_key;
    ELSE
      v_hits := ARRAY[hit_at];
      INSERT INTO limit_windows (key, hits) VALUES (p_key, v_hits) ON CONFLICT (key) DO NOTHING;
      CONTINUE WHEN NOT FOUND; -- another caller made the row meanwhile: lock and count it
    END IF;
    SELECT s.remaining, s.resets INTO remaining, resets FROM window_state(v_hits, p_quotas, p_secs, hit_at) AS s;
    EXIT;
  END LOOP;
END $$;

-- Gives back one hit, for what was surely never sent.
CREATE FUNCTION give_back_hit(p_key bytea, p_hit_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_hits timestamptz[];
  v_index int;
BEGIN
  SELECT hits INTO v_hits FROM limit_windows WHERE key = p_key FOR UPDATE;
  v_index := array_position(v_hits, p_hit_at);
  IF v_index IS NOT NULL THEN
    UPDATE limit_windows SET hits = v_hits[: v_index - 1] || v_hits[v_index + 1 :] WHERE key = p_key;
  END IF;
END $$;

-- sms ------------------------------------------------------------------------------------------------------------------

-- A message already claimed by the caller, and its first attempt, both before the POST.
CREATE FUNCTION open_message(
  p_id uuid, p_verification_id uuid, p_phone_key bytea, p_phone_sealed bytea, p_key_version int, p_template text,
  p_expires_at timestamptz, p_lease_ms int, p_attempt_id uuid, p_provider text, p_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, lease_until,
                        created_at, updated_at, expires_at)
  VALUES (p_id, p_verification_id, p_phone_key, p_phone_sealed, p_key_version, p_template, 'sending',
          p_at + make_interval(secs => p_lease_ms / 1000.0), p_at, p_at, p_expires_at);
  INSERT INTO attempts (id, message_id, provider, started_at) VALUES (p_attempt_id, p_id, p_provider, p_at);
END $$;

-- verification ---------------------------------------------------------------------------------------------------------

CREATE FUNCTION start_verification(
  p_id uuid, p_purpose text, p_channel text, p_locale text, p_phone_key bytea, p_phone_sealed bytea, p_key_version int,
  p_code_length int, p_max_checks int, p_ttl_secs int, p_cooldown_secs int,
  p_message_id uuid, p_template text, p_lease_ms int, p_attempt_id uuid, p_provider text,
  p_quotas int[], p_secs int[], p_at timestamptz, p_former_key bytea,
  OUT refused_by int, OUT retry_after int, OUT remaining int[], OUT resets int[],
  OUT created_at timestamptz, OUT expires_at timestamptz, OUT next_send_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
  SELECT h.refused_by, h.retry_after, h.remaining, h.resets, h.hit_at
    INTO refused_by, retry_after, remaining, resets, created_at
    FROM take_hit(p_phone_key, p_quotas, p_secs, p_at, p_former_key) AS h;
  IF refused_by IS NOT NULL THEN RETURN; END IF;
  expires_at := created_at + make_interval(secs => p_ttl_secs);
  next_send_at := created_at + make_interval(secs => p_cooldown_secs);
  INSERT INTO verifications (id, purpose, channel, locale, phone_key, phone_sealed, key_version, code_length, max_checks,
                             created_at, expires_at, next_send_at)
  VALUES (p_id, p_purpose, p_channel, p_locale, p_phone_key, p_phone_sealed, p_key_version, p_code_length, p_max_checks,
          created_at, expires_at, next_send_at);
  PERFORM open_message(p_message_id, p_id, p_phone_key, p_phone_sealed, p_key_version, p_template, expires_at, p_lease_ms,
                       p_attempt_id, p_provider, created_at);
END $$;

-- ended says why there is nothing to resend: not_found, expired or exhausted. refused_by 0 is the cool-down.
CREATE FUNCTION resend_verification(
  p_id uuid, p_cooldowns int[],
  p_message_id uuid, p_template text, p_lease_ms int, p_attempt_id uuid, p_provider text,
  p_quotas int[], p_secs int[], p_at timestamptz,
  OUT ended text, OUT refused_by int, OUT retry_after int, OUT remaining int[], OUT resets int[],
  OUT purpose text, OUT channel text, OUT locale text, OUT phone_key bytea, OUT phone_sealed bytea, OUT key_version int,
  OUT code_length int, OUT checks int, OUT max_checks int,
  OUT created_at timestamptz, OUT expires_at timestamptz, OUT next_send_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  v verifications%ROWTYPE;
  v_at timestamptz;
BEGIN
  SELECT * INTO v FROM verifications WHERE id = p_id FOR UPDATE;
  v_at := coalesce(p_at, clock_timestamp());
  ended := CASE WHEN v.id IS NULL OR v.status <> 'pending' THEN 'not_found'
                WHEN v.expires_at <= v_at THEN 'expired'
                WHEN v.checks >= v.max_checks THEN 'exhausted' END;
  expires_at := v.expires_at;
  IF ended IS NOT NULL THEN RETURN; END IF;
  IF v.next_send_at > v_at THEN
    refused_by := 0;
    retry_after := greatest(ceil(extract(epoch FROM v.next_send_at - v_at)), 1);
    SELECT s.remaining, s.resets INTO remaining, resets
      FROM limit_windows AS w, LATERAL window_state(w.hits, p_quotas, p_secs, v_at) AS s WHERE w.key = v.phone_key;
    RETURN;
  END IF;
  SELECT h.refused_by, h.retry_after, h.remaining, h.resets, h.hit_at INTO refused_by, retry_after, remaining, resets, v_at
    FROM take_hit(v.phone_key, p_quotas, p_secs, p_at, NULL) AS h;
  IF refused_by IS NOT NULL THEN RETURN; END IF;
  next_send_at := v_at + make_interval(secs => p_cooldowns[least(v.sends + 1, cardinality(p_cooldowns))]);
  UPDATE verifications AS row SET sends = row.sends + 1, next_send_at = resend_verification.next_send_at WHERE row.id = p_id;
  PERFORM open_message(p_message_id, p_id, v.phone_key, v.phone_sealed, v.key_version, p_template, v.expires_at, p_lease_ms,
                       p_attempt_id, p_provider, v_at);
  purpose := v.purpose; channel := v.channel; locale := v.locale; phone_key := v.phone_key; phone_sealed := v.phone_sealed;
  key_version := v.key_version; code_length := v.code_length; checks := v.checks; max_checks := v.max_checks;
  created_at := v.created_at;
END $$;

-- What became of a message's last attempt, and so of the message. What was surely not sent costs the phone nothing: its
-- hit is given back, the first message's verification fails, a resend leaves it as it was before.
CREATE FUNCTION record_dispatch(
  p_attempt_id uuid, p_outcome attempt_outcome, p_fault text, p_provider_message_id text, p_status message_status,
  p_never_sent boolean, p_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  m messages%ROWTYPE;
  v_at timestamptz := coalesce(p_at, clock_timestamp());
BEGIN
  UPDATE attempts SET outcome = p_outcome, fault = p_fault, provider_message_id = p_provider_message_id, ended_at = v_at
    WHERE id = p_attempt_id;
  UPDATE messages SET status = p_status, lease_until = NULL, updated_at = v_at
    WHERE id = (SELECT message_id FROM attempts WHERE id = p_attempt_id) RETURNING * INTO m;
  IF p_never_sent THEN
    UPDATE verifications SET
      status = CASE WHEN sends = 1 THEN 'failed' ELSE status END,
      ended_at = CASE WHEN sends = 1 THEN v_at ELSE ended_at END,
      next_send_at = v_at,
      sends = greatest(sends - 1, 1)
      WHERE id = m.verification_id AND status = 'pending';
    PERFORM give_back_hit(m.phone_key, m.created_at);
  END IF;
END $$;
