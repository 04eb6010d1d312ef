-- What is too old is found by its age; texts without a verification also by their phone.
CREATE INDEX "verifications_created_at_idx" ON "verifications"("created_at");
CREATE INDEX "messages_alone_created_at_idx" ON "messages"("created_at") WHERE "verification_id" IS NULL;
CREATE INDEX "messages_alone_phone_key_idx" ON "messages"("phone_key") WHERE "verification_id" IS NULL;
-- What is erased takes the answers with it that were kept about it.
CREATE INDEX "idempotency_keys_seed_idx" ON "idempotency_keys"("seed");

-- An opt-out outlives the rows that tell whose it is: with the last of them its number is kept here, so that it can be brought
-- under another secret. Null once the number was erased.
ALTER TABLE "opt_outs" ADD COLUMN "phone_sealed" BYTEA, ADD COLUMN "key_version" INTEGER;

-- Who does a job that one instance is to do at a time, and until when nobody else begins it.
CREATE TABLE "job_leases" (
    "name" TEXT NOT NULL,
    "lease_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "job_leases_pkey" PRIMARY KEY ("name")
);

-- Every key that a phone is, or was, kept under: p_keys are those under the secrets that are known.
CREATE FUNCTION phone_keys(p_keys bytea[]) RETURNS bytea[] LANGUAGE sql STABLE AS $$
  WITH known AS (SELECT unnest(p_keys) AS key UNION SELECT current FROM phone_aliases WHERE former = ANY (p_keys))
  SELECT array_agg(key) FROM (
    SELECT key FROM known UNION SELECT former FROM phone_aliases WHERE current IN (SELECT key FROM known)) AS every
$$;

-- As before, but for a message that was erased while its provider answered: it names nobody.
CREATE OR REPLACE FUNCTION opt_out(p_key bytea, p_source text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO opt_outs (phone_key, source, created_at) SELECT key_now(p_key), p_source, p_at WHERE p_key IS NOT NULL
    ON CONFLICT DO NOTHING
$$;

-- Whoever erases never waits for a row while it holds another: it lets go of all and begins again. So there is no order of
-- locks that it could break, and what is at work on a row ends first. Who comes later finds no row.

-- Verifications of a phone with their texts, tries, and the answers that were kept for repeats. One that is started
-- meanwhile is another ask, and stays.
CREATE FUNCTION erase_verifications(p_keys bytea[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_keys bytea[] := phone_keys(p_keys);
  v_ids uuid[];
  v_messages uuid[];
BEGIN
  LOOP
    BEGIN
      v_ids := ARRAY(SELECT id FROM verifications WHERE phone_key = ANY (v_keys) FOR UPDATE NOWAIT);
      -- No other can come: who writes one more locks its verification.
      v_messages := ARRAY(SELECT id FROM messages WHERE verification_id = ANY (v_ids) FOR UPDATE NOWAIT);
      DELETE FROM idempotency_keys WHERE seed = ANY (v_ids || v_messages
        || ARRAY(SELECT approved_by FROM verifications WHERE id = ANY (v_ids) AND approved_by IS NOT NULL));
      DELETE FROM verifications WHERE id = ANY (v_ids);
      RETURN cardinality(v_ids) + cardinality(v_messages);
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.002 + random() * 0.01);
    END;
  END LOOP;
END $$;

-- Texts of a phone that belong to no verification.
CREATE FUNCTION erase_messages(p_keys bytea[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_keys bytea[] := phone_keys(p_keys);
  v_ids uuid[];
BEGIN
  LOOP
    BEGIN
      v_ids := ARRAY(SELECT id FROM messages WHERE verification_id IS NULL AND phone_key = ANY (v_keys) FOR UPDATE NOWAIT);
      DELETE FROM idempotency_keys WHERE seed = ANY (v_ids);
      DELETE FROM messages WHERE id = ANY (v_ids);
      RETURN cardinality(v_ids);
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.002 + random() * 0.01);
    END;
  END LOOP;
END $$;

-- That it asked for no more texts stays unless p_all, as an HMAC from which no number can be had.
CREATE FUNCTION erase_opt_out(p_keys bytea[], p_all boolean) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_keys bytea[] := phone_keys(p_keys);
  v_count int := 0;
BEGIN
  LOOP
    BEGIN
      PERFORM 1 FROM opt_outs WHERE phone_key = ANY (v_keys) FOR UPDATE NOWAIT;
      IF p_all THEN
        DELETE FROM opt_outs WHERE phone_key = ANY (v_keys);
        GET DIAGNOSTICS v_count = ROW_COUNT;
      ELSE
        UPDATE opt_outs SET phone_sealed = NULL, key_version = NULL WHERE phone_key = ANY (v_keys) AND phone_sealed IS NOT NULL;
      END IF;
      RETURN v_count;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.002 + random() * 0.01);
    END;
  END LOOP;
END $$;

-- What is known of a phone beyond its verifications, and last of all how its keys hang together.
CREATE FUNCTION erase_phone(p_keys bytea[]) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_keys bytea[];
  v_count int := 0;
  v_deleted int;
BEGIN
  LOOP
    BEGIN
      v_keys := phone_keys(p_keys);
      PERFORM 1 FROM phone_aliases WHERE former = ANY (v_keys) OR current = ANY (v_keys) FOR UPDATE NOWAIT;
      PERFORM 1 FROM limit_windows WHERE key = ANY (v_keys) FOR UPDATE NOWAIT;
      PERFORM 1 FROM phones WHERE phone_key = ANY (v_keys) FOR UPDATE NOWAIT;
      DELETE FROM limit_windows WHERE key = ANY (v_keys);
      GET DIAGNOSTICS v_count = ROW_COUNT;
      DELETE FROM phones WHERE phone_key = ANY (v_keys);
      GET DIAGNOSTICS v_deleted = ROW_COUNT;
      v_count := v_count + v_deleted;
      DELETE FROM phone_aliases WHERE former = ANY (v_keys) OR current = ANY (v_keys);
      GET DIAGNOSTICS v_deleted = ROW_COUNT;
      RETURN v_count + v_deleted;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.002 + random() * 0.01);
    END;
  END LOOP;
END $$;

-- Verifications that began before p_before and are over, oldest first, with their texts and tries; at most p_limit. What
-- somebody is at work on is left for the next time.
CREATE FUNCTION purge_verifications(p_days int, p_limit int, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
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
  DELETE FROM verifications WHERE id = ANY (v_ids);
  RETURN cardinality(v_ids);
END $$;

-- As adopt_phone, for whoever knows which of the two is the present key: what an instance with the secrets the other way round
-- has put under the former one goes along.
CREATE FUNCTION move_phone(p_key bytea, p_former bytea) RETURNS void LANGUAGE sql AS $$
  DELETE FROM phone_aliases WHERE former = p_key;
  SELECT adopt_phone(p_key, p_former);
$$;

-- Writes one verification that is over, with its texts, under another key; what is kept of its phone goes along.
-- False: somebody is at work on it, or it is there no more.
CREATE FUNCTION reseal_verification(p_id uuid, p_former bytea, p_key bytea, p_sealed bytea, p_version int, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_messages uuid[];
BEGIN
  v_messages := ARRAY(SELECT id FROM messages WHERE verification_id = p_id FOR UPDATE SKIP LOCKED);
  IF EXISTS (SELECT 1 FROM messages WHERE verification_id = p_id AND id <> ALL (v_messages)) THEN RETURN false; END IF;
  PERFORM 1 FROM verifications WHERE id = p_id AND phone_key = p_former
    AND (status <> 'pending' OR expires_at <= coalesce(p_at, clock_timestamp())) FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM move_phone(p_key, p_former);
  UPDATE messages SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version WHERE id = ANY (v_messages);
  UPDATE verifications SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version WHERE id = p_id;
  RETURN true;
END $$;

-- The same for a text that belongs to no verification.
CREATE FUNCTION reseal_message(p_id uuid, p_former bytea, p_key bytea, p_sealed bytea, p_version int)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM messages WHERE id = p_id AND phone_key = p_former FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM move_phone(p_key, p_former);
  UPDATE messages SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version WHERE id = p_id;
  RETURN true;
END $$;

-- The same for an opt-out of a phone that no other row tells.
CREATE FUNCTION reseal_opt_out(p_former bytea, p_key bytea, p_sealed bytea, p_version int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM opt_outs WHERE phone_key = p_former AND phone_sealed IS NOT NULL FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM move_phone(p_key, p_former);
  UPDATE opt_outs SET phone_sealed = p_sealed, key_version = p_version WHERE phone_key = p_key;
  RETURN FOUND;
END $$;
