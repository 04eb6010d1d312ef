-- ended says why there is nothing to resend: not_found, expired, exhausted or opted_out. refused_by 0 is the cool-down.
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
                WHEN v.checks >= v.max_checks THEN 'exhausted'
                WHEN is_opted_out(v.phone_key) THEN 'opted_out' END;
  expires_at := v.expires_at;
  phone_key := v.phone_key;
  IF ended IS NOT NULL THEN RETURN; END IF;
  IF v.next_send_at > v_at THEN
    refused_by := 0;
    retry_after := greatest(ceil(extract(epoch FROM v.next_send_at - v_at)), 1);
    SELECT s.remaining, s.resets INTO remaining, resets
      FROM limit_windows AS w, LATERAL window_state(w.hits, p_quotas, p_secs, v_at) AS s WHERE w.key = key_now(v.phone_key);
    RETURN;
  END IF;
  IF p_quotas IS NOT NULL THEN
    SELECT h.refused_by, h.retry_after, h.remaining, h.resets, h.hit_at INTO refused_by, retry_after, remaining, resets, v_at
      FROM take_hit(v.phone_key, p_quotas, p_secs, p_at, NULL) AS h;
    IF refused_by IS NOT NULL THEN RETURN; END IF;
  END IF;
  next_send_at := v_at + make_interval(secs => p_cooldowns[least(v.sends + 1, cardinality(p_cooldowns))]);
  UPDATE verifications AS row SET sends = row.sends + 1, next_send_at = resend_verification.next_send_at WHERE row.id = p_id;
  PERFORM open_message(p_message_id, p_id, v.phone_key, v.phone_sealed, v.key_version, p_template, v.expires_at, p_lease_ms,
                       p_attempt_id, p_provider, v_at);
  purpose := v.purpose; channel := v.channel; locale := v.locale; phone_sealed := v.phone_sealed;
  key_version := v.key_version; code_length := v.code_length; checks := v.checks; max_checks := v.max_checks;
  created_at := v.created_at;
END $$;

-- Whose turn a request with an Idempotency-Key is. state: ours (run it), running (somebody else does), mismatch (the key
-- came with another request) or answered. p_run names this execution; the first one's name is the seed of all that follow.
-- p_former_... are the same hashes under the previous secret.
CREATE FUNCTION claim_idempotency_key(
  p_key bytea, p_former_key bytea, p_request bytea, p_former_request bytea, p_run uuid, p_lease_ms int, p_at timestamptz,
  OUT state text, OUT key bytea, OUT seed uuid, OUT key_version int, OUT answer_sealed bytea
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v idempotency_keys%ROWTYPE;
  v_at timestamptz;
  v_lease interval := make_interval(secs => p_lease_ms / 1000.0);
BEGIN
  LOOP
    SELECT * INTO v FROM idempotency_keys WHERE key IN (p_key, p_former_key) FOR UPDATE;
    v_at := coalesce(p_at, clock_timestamp());
    EXIT WHEN v.expires_at > v_at;
    DELETE FROM idempotency_keys WHERE key = v.key;
    INSERT INTO idempotency_keys (key, request, seed, holder, lease_until, expires_at)
      VALUES (p_key, p_request, p_run, p_run, v_at + v_lease, v_at + interval '24 hours')
      ON CONFLICT (key) DO NOTHING RETURNING * INTO v;
    CONTINUE WHEN NOT FOUND; -- another caller made the row meanwhile
    -- Two go for each that comes, so what has expired never piles up.
    DELETE FROM idempotency_keys WHERE key = ANY (ARRAY(
      SELECT key FROM idempotency_keys WHERE expires_at <= v_at ORDER BY expires_at LIMIT 2 FOR UPDATE SKIP LOCKED
    ));
    EXIT;
  END LOOP;
  state := CASE WHEN v.request <> p_request AND v.request IS DISTINCT FROM p_former_request THEN 'mismatch'
                WHEN v.answer_sealed IS NOT NULL THEN 'answered'
                WHEN v.holder <> p_run AND v.lease_until > v_at THEN 'running'
                ELSE 'ours' END;
  IF state = 'ours' AND v.holder <> p_run THEN
    UPDATE idempotency_keys SET holder = p_run, lease_until = v_at + v_lease WHERE key = v.key;
  END IF;
  key := v.key; seed := v.seed; key_version := v.key_version; answer_sealed := v.answer_sealed;
END $$;
