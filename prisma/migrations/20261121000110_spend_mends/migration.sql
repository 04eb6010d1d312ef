-- What texts cost whose rows were erased: sums, of nobody. Without them a day would hold what nobody could account for.
CREATE TABLE "spend_erased" (
    "day" DATE NOT NULL,
    "hour" TIMESTAMPTZ(6) NOT NULL,
    "provider" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "texts" INTEGER NOT NULL,
    "cost_micros" BIGINT NOT NULL,

    CONSTRAINT "spend_erased_pkey" PRIMARY KEY ("day", "hour", "provider", "country")
);
CREATE INDEX "spend_erased_hour_idx" ON "spend_erased"("hour");

-- Operators were told that only numbers that were approved before still get texts.
ALTER TABLE "spend_days" ADD COLUMN "told_known_only" BOOLEAN NOT NULL DEFAULT false;

-- Settles messages that are about to be erased: what was reserved for them is released, but for what is at its provider, which
-- may be out and stays booked. The caller has locked the messages, and locks nothing after this: days come last.
CREATE FUNCTION erase_costs(p_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_id uuid;
BEGIN
  UPDATE attempts SET outcome = 'unknown' WHERE message_id = ANY (p_ids) AND outcome = 'pending';
  PERFORM 1 FROM spend_days WHERE day IN (
      SELECT spend_day FROM messages WHERE id = ANY (p_ids) UNION SELECT spend_day FROM attempts WHERE message_id = ANY (p_ids))
    ORDER BY day FOR NO KEY UPDATE;
  FOREACH v_id IN ARRAY p_ids LOOP PERFORM settle_cost(v_id, true); END LOOP;
  INSERT INTO spend_erased AS e (day, hour, provider, country, texts, cost_micros)
    SELECT a.spend_day, date_trunc('hour', a.started_at, 'UTC'), a.provider, coalesce(m.country, ''), count(*), sum(a.cost_micros)
      FROM attempts AS a JOIN messages AS m ON m.id = a.message_id
      WHERE a.message_id = ANY (p_ids) AND a.cost_micros IS NOT NULL AND a.spend_day IS NOT NULL
      GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
    ON CONFLICT (day, hour, provider, country) DO UPDATE
      SET texts = e.texts + excluded.texts, cost_micros = e.cost_micros + excluded.cost_micros;
END $$;

-- As before, and what they cost is settled.
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
      PERFORM erase_costs(v_messages);
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
      PERFORM erase_costs(v_ids);
      DELETE FROM messages WHERE id = ANY (v_ids);
      RETURN cardinality(v_ids) + v_more;
    EXCEPTION WHEN lock_not_available THEN
      PERFORM pg_sleep(0.002 + random() * 0.01);
    END;
  END LOOP;
END $$;
