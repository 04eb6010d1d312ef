-- Erasing, showing, purging and sealing anew in the rooms that came after them.

-- What is kept elsewhere about these verifications and texts. Like every erase it waits for nobody while it holds a row.
-- @returns events and decisions that are gone
CREATE FUNCTION forget_sends(p_ids uuid[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_events uuid[];
  v_count int;
BEGIN
  v_events := ARRAY(SELECT id FROM webhook_events WHERE subject_id = ANY (p_ids) FOR UPDATE NOWAIT);
  PERFORM 1 FROM webhook_deliveries WHERE event_id = ANY (v_events) FOR UPDATE NOWAIT;
  PERFORM 1 FROM send_decisions WHERE id = ANY (p_ids) FOR UPDATE NOWAIT;
  PERFORM 1 FROM step_ups WHERE id = ANY (p_ids) FOR UPDATE NOWAIT;
  PERFORM 1 FROM phone_changes WHERE current_id = ANY (p_ids) OR new_id = ANY (p_ids) FOR UPDATE NOWAIT;
  DELETE FROM webhook_deliveries WHERE event_id = ANY (v_events);
  DELETE FROM webhook_events WHERE id = ANY (v_events);
  DELETE FROM step_ups WHERE id = ANY (p_ids);
  DELETE FROM phone_changes WHERE current_id = ANY (p_ids) OR new_id = ANY (p_ids);
  DELETE FROM send_decisions WHERE id = ANY (p_ids);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count + cardinality(v_events);
END $$;

-- As before, and all that is kept elsewhere about them.
CREATE OR REPLACE FUNCTION erase_verifications(p_keys bytea[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_keys bytea[] := phone_keys(p_keys);
  v_ids uuid[];
  v_messages uuid[];
  v_more int;
BEGIN
  LOOP
    BEGIN
      v_ids := ARRAY(SELECT id FROM verifications WHERE phone_key = ANY (v_keys) FOR UPDATE NOWAIT);
      -- No other can come: who writes one more locks its verification.
      v_messages := ARRAY(SELECT id FROM messages WHERE verification_id = ANY (v_ids) FOR UPDATE NOWAIT);
      v_more := forget_sends(v_ids || v_messages);
      DELETE FROM idempotency_keys WHERE seed = ANY (v_ids || v_messages
        || ARRAY(SELECT approved_by FROM verifications WHERE id = ANY (v_ids) AND approved_by IS NOT NULL));
      DELETE FROM verifications WHERE id = ANY (v_ids);
      RETURN cardinality(v_ids) + cardinality(v_messages) + v_more;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.002 + random() * 0.01);
    END;
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION erase_messages(p_keys bytea[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_keys bytea[] := phone_keys(p_keys);
  v_ids uuid[];
  v_more int;
BEGIN
  LOOP
    BEGIN
      v_ids := ARRAY(SELECT id FROM messages WHERE verification_id IS NULL AND phone_key = ANY (v_keys) FOR UPDATE NOWAIT);
      v_more := forget_sends(v_ids);
      DELETE FROM idempotency_keys WHERE seed = ANY (v_ids);
      DELETE FROM messages WHERE id = ANY (v_ids);
      RETURN cardinality(v_ids) + v_more;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.002 + random() * 0.01);
    END;
  END LOOP;
END $$;

-- As before, and what was told about them goes, too, where that is kept for longer.
CREATE OR REPLACE FUNCTION purge_verifications(p_days int, p_limit int, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
  v_messages uuid[];
BEGIN
  v_ids := ARRAY(SELECT id FROM verifications WHERE created_at < v_at - make_interval(days => p_days) AND expires_at < v_at
    ORDER BY created_at LIMIT p_limit);
  -- Messages first, as whoever writes down what became of them.
  v_messages := ARRAY(SELECT id FROM messages WHERE verification_id = ANY (v_ids)
    AND coalesce(lease_until < v_at - interval '1 minute', true) FOR UPDATE SKIP LOCKED);
  v_ids := ARRAY(SELECT id FROM verifications AS v WHERE id = ANY (v_ids)
    AND NOT EXISTS (SELECT 1 FROM messages AS m WHERE m.verification_id = v.id AND m.id <> ALL (v_messages)) FOR UPDATE SKIP LOCKED);
  UPDATE opt_outs SET phone_sealed = v.phone_sealed, key_version = v.key_version FROM verifications AS v
    WHERE v.id = ANY (v_ids) AND opt_outs.phone_key = v.phone_key AND opt_outs.phone_sealed IS NULL;
  PERFORM forget_webhooks(v_ids || ARRAY(SELECT id FROM messages WHERE verification_id = ANY (v_ids)));
  DELETE FROM verifications WHERE id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

-- As before, but for a verification that is still there: who was erased while he logged in is not there again by that.
DROP FUNCTION sign_in(bytea, bytea, bytea, int, uuid, uuid, text, bytea, int, int, timestamptz);
CREATE FUNCTION sign_in(
  p_verification uuid, p_key bytea, p_former bytea, p_sealed bytea, p_version int, p_user uuid, p_session uuid, p_client text, p_hash bytea,
  p_life_secs int, p_idle_secs int, p_at timestamptz,
  OUT user_id uuid, OUT is_new boolean, OUT refresh_secs int, OUT at timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v users%ROWTYPE;
BEGIN
  PERFORM 1 FROM verifications WHERE id = p_verification FOR KEY SHARE;
  IF NOT FOUND THEN RETURN; END IF;
  is_new := false;
  IF p_former IS NULL THEN SELECT * INTO v FROM user_with_phone(p_key, NULL); END IF;
  IF v.id IS NULL THEN
    PERFORM lock_user_phones();
    IF p_former IS NOT NULL THEN PERFORM adopt_phone(p_key, p_former); END IF;
    SELECT * INTO v FROM user_with_phone(p_key, p_former);
  END IF;
  at := coalesce(p_at, clock_timestamp());
  IF v.id IS NULL THEN
    INSERT INTO users (id, phone_key, phone_sealed, key_version, created_at) VALUES (p_user, p_key, p_sealed, p_version, at)
      RETURNING * INTO v;
    is_new := true;
  ELSIF v.phone_key = p_former AND key_now(p_key) = p_key THEN
    UPDATE users SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version WHERE id = v.id;
  END IF;
  user_id := v.id;
  refresh_secs := least(p_life_secs, p_idle_secs);
  INSERT INTO sessions (id, user_id, client, created_at, refreshed_at, idle_at, expires_at)
    VALUES (p_session, v.id, p_client, at, at, at + make_interval(secs => p_idle_secs), at + make_interval(secs => p_life_secs));
  INSERT INTO refresh_tokens (hash, session_id) VALUES (p_hash, p_session);
  -- Two go for each that comes, so what has ended never piles up.
  DELETE FROM sessions WHERE id = ANY (ARRAY(
    SELECT id FROM sessions WHERE expires_at <= at ORDER BY expires_at LIMIT 2 FOR UPDATE SKIP LOCKED
  ));
END $$;

-- As before, but for two verifications that are both still there.
CREATE OR REPLACE FUNCTION change_phone(
  p_change uuid, p_session uuid, p_current bytea, p_current_former bytea,
  p_key bytea, p_former bytea, p_sealed bytea, p_version int, p_at timestamptz,
  OUT outcome text, OUT revoked int
) LANGUAGE plpgsql AS $$
DECLARE
  v_user users%ROWTYPE;
  v_session sessions%ROWTYPE;
  v_at timestamptz;
  v_proofs int;
BEGIN
  outcome := 'ended';
  PERFORM lock_user_phones();
  SELECT users.* INTO v_user FROM users JOIN sessions ON sessions.user_id = users.id WHERE sessions.id = p_session FOR UPDATE OF users;
  SELECT * INTO v_session FROM sessions WHERE id = p_session FOR UPDATE;
  v_at := coalesce(p_at, clock_timestamp());
  IF v_user.id IS NULL OR NOT is_live(v_session, v_at) THEN RETURN; END IF;
  IF v_user.phone_key NOT IN (p_current, coalesce(p_current_former, p_current), key_now(p_current)) THEN RETURN; END IF;
  v_proofs := cardinality(ARRAY(SELECT v.id FROM verifications AS v JOIN phone_changes AS c ON v.id IN (c.current_id, c.new_id)
    WHERE c.id = p_change FOR KEY SHARE OF v));
  IF v_proofs < 2 THEN RETURN; END IF;
  IF p_former IS NOT NULL THEN PERFORM adopt_phone(p_key, p_former); END IF;
  IF EXISTS (SELECT 1 FROM user_with_phone(p_key, p_former) AS other WHERE other.id <> v_user.id) THEN
    outcome := 'taken';
    RETURN;
  END IF;
  UPDATE phone_changes SET done_at = v_at WHERE id = p_change AND session_id = p_session AND done_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE users SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version, phone_changed_at = v_at WHERE id = v_user.id;
  revoked := revoke_sessions(v_user.id, NULL, p_session, 'phone-change', v_at);
  outcome := 'changed';
END $$;

-- The user of a number, with sessions, tokens and what they asked for; and the addresses that asked for codes to it.
CREATE FUNCTION erase_user(p_keys bytea[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_keys bytea[] := phone_keys(p_keys);
  v_ids uuid[];
  v_sessions uuid[];
  v_count int;
BEGIN
  LOOP
    BEGIN
      v_ids := ARRAY(SELECT id FROM users WHERE phone_key = ANY (v_keys) FOR UPDATE NOWAIT);
      v_sessions := ARRAY(SELECT id FROM sessions WHERE user_id = ANY (v_ids) FOR UPDATE NOWAIT);
      PERFORM 1 FROM step_ups WHERE session_id = ANY (v_sessions) FOR UPDATE NOWAIT;
      PERFORM 1 FROM phone_changes WHERE session_id = ANY (v_sessions) FOR UPDATE NOWAIT;
      PERFORM 1 FROM address_phones WHERE phone_key = ANY (v_keys) FOR UPDATE NOWAIT;
      DELETE FROM users WHERE id = ANY (v_ids);
      DELETE FROM address_phones WHERE phone_key = ANY (v_keys);
      GET DIAGNOSTICS v_count = ROW_COUNT;
      RETURN cardinality(v_ids) + cardinality(v_sessions) + v_count;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.002 + random() * 0.01);
    END;
  END LOOP;
END $$;

-- Writes a user under another key; what is kept of the phone goes along. done: false when somebody did so before, or the user is
-- there no more. Where an instance that did not know the former secret made a second user for the number, the two become the one that
-- was there first, and its sessions are those of both; merged is the other's id.
CREATE FUNCTION reseal_user(p_id uuid, p_former bytea, p_key bytea, p_sealed bytea, p_version int, OUT done boolean, OUT kept uuid, OUT merged uuid)
LANGUAGE plpgsql AS $$
BEGIN
  done := false;
  PERFORM lock_user_phones();
  IF NOT EXISTS (SELECT 1 FROM users WHERE id = p_id AND phone_key = p_former) THEN RETURN; END IF;
  PERFORM move_phone(p_key, p_former);
  PERFORM 1 FROM users WHERE phone_key IN (p_former, p_key) ORDER BY id FOR UPDATE;
  IF NOT EXISTS (SELECT 1 FROM users WHERE id = p_id AND phone_key = p_former) THEN RETURN; END IF;
  SELECT id INTO kept FROM users WHERE phone_key IN (p_former, p_key) ORDER BY created_at, id LIMIT 1;
  SELECT id INTO merged FROM users WHERE phone_key IN (p_former, p_key) AND id <> kept;
  IF merged IS NOT NULL THEN
    UPDATE sessions SET user_id = kept WHERE user_id = merged;
    DELETE FROM users WHERE id = merged;
  END IF;
  UPDATE users SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version WHERE id = kept;
  done := true;
END $$;

-- What logging in leaves behind, at most p_limit of each: sessions that are over, with their tokens, what they asked for, and addresses
-- that no limit counts any more. Users stay until they are erased.
CREATE FUNCTION purge_logins(p_limit int, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_count int := 0;
  v_deleted int;
BEGIN
  DELETE FROM sessions WHERE id = ANY (ARRAY(
    SELECT id FROM sessions WHERE expires_at <= v_at ORDER BY expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS v_count = ROW_COUNT;
  DELETE FROM step_ups WHERE id = ANY (ARRAY(
    SELECT id FROM step_ups WHERE expires_at <= v_at ORDER BY expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  v_count := v_count + v_deleted;
  DELETE FROM phone_changes WHERE id = ANY (ARRAY(
    SELECT id FROM phone_changes WHERE expires_at <= v_at ORDER BY expires_at LIMIT p_limit FOR UPDATE SKIP LOCKED));
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  v_count := v_count + v_deleted;
  DELETE FROM address_phones WHERE (address_key, phone_key) IN (
    SELECT address_key, phone_key FROM address_phones WHERE last_at <= v_at - interval '1 hour'
      ORDER BY last_at LIMIT p_limit FOR UPDATE SKIP LOCKED);
  GET DIAGNOSTICS v_deleted = ROW_COUNT;
  RETURN v_count + v_deleted;
END $$;

-- As before, but in the order in which a start locks prefixes, and beside others who do the same.
CREATE OR REPLACE FUNCTION adopt_prefixes(p_keys bytea[], p_former bytea[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM prefix_budgets WHERE key = ANY (p_former) ORDER BY level, key FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE prefix_budgets AS b SET key = p.key FROM unnest(p_keys, p_former) AS p(key, former)
    WHERE b.key = p.former AND NOT EXISTS (SELECT 1 FROM prefix_budgets WHERE key = p.key);
EXCEPTION WHEN unique_violation THEN
  RETURN; -- a start made the new one meanwhile, and goes on with it
END $$;
