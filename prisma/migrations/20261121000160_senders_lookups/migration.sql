-- Senders of ours that are not to be used for a while. A row that is over says when the last rest ended.
CREATE TABLE "sender_rests" (
    "provider" TEXT NOT NULL,
    "sender" TEXT NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL,
    "until" TIMESTAMPTZ(6) NOT NULL,
    "reason" TEXT NOT NULL,

    CONSTRAINT "sender_rests_pkey" PRIMARY KEY ("provider","sender")
);

-- To which phones a carrier did not let texts of a sender through, for a day.
CREATE TABLE "sender_blocks" (
    "provider" TEXT NOT NULL,
    "sender" TEXT NOT NULL,
    "phone_key" BYTEA NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "sender_blocks_pkey" PRIMARY KEY ("provider","sender","phone_key")
);

-- True when it was awake until now: a rest that lasts is neither begun again nor made longer.
CREATE FUNCTION rest_sender(p_provider text, p_sender text, p_hours int, p_reason text, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
BEGIN
  INSERT INTO sender_rests AS r (provider, sender, since, until, reason)
    VALUES (p_provider, p_sender, v_at, v_at + make_interval(hours => p_hours), p_reason)
    ON CONFLICT (provider, sender) DO UPDATE SET since = excluded.since, until = excluded.until, reason = excluded.reason
      WHERE r.until <= v_at;
  RETURN FOUND;
END $$;

-- Takes down that a carrier blocked a text, against the sender that it went out under. That rests when as many different phones
-- (p_phones) were behind it within an hour, and they are at least one of p_one_of of the texts of that hour whose end is known: one
-- person with a few handsets must not be able to take our senders away. The answer is the sender, if it rests by this.
CREATE FUNCTION block_sender(
  p_provider text, p_message_id uuid, p_code text, p_phones int, p_one_of int, p_hours int, p_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_blocked int;
  v_most int;
  v_delivered int;
  a record;
BEGIN
  SELECT t.sender, t.reported_at, key_now(m.phone_key) AS phone_key INTO a
    FROM attempts AS t JOIN messages AS m ON m.id = t.message_id
    WHERE t.message_id = p_message_id AND t.provider = p_provider AND t.report_code = p_code AND t.sender IS NOT NULL
    ORDER BY t.reported_at DESC LIMIT 1;
  IF a.sender IS NULL THEN RETURN NULL; END IF;
  -- What is told again long after, and what led to a rest that is over, says nothing any more.
  IF a.reported_at <= v_at - interval '1 hour'
    OR EXISTS (SELECT 1 FROM sender_rests WHERE provider = p_provider AND sender = a.sender AND until >= a.reported_at) THEN
    RETURN NULL;
  END IF;
  -- One at a time, or the two that make it enough would not see each other.
  PERFORM pg_advisory_xact_lock(hashtextextended('block_sender ' || p_provider || ' ' || a.sender, 0));
  INSERT INTO sender_blocks AS b (provider, sender, phone_key, at) VALUES (p_provider, a.sender, a.phone_key, a.reported_at)
    ON CONFLICT (provider, sender, phone_key) DO UPDATE SET at = greatest(b.at, excluded.at);
  SELECT count(*) INTO v_blocked FROM sender_blocks AS b LEFT JOIN sender_rests AS r USING (provider, sender)
    WHERE b.provider = p_provider AND b.sender = a.sender AND b.at > v_at - interval '1 hour' AND coalesce(b.at > r.until, true);
  IF v_blocked < p_phones THEN RETURN NULL; END IF;
  IF p_phones > 1 THEN
    v_most := v_blocked * (p_one_of - 1);
    SELECT count(*) INTO v_delivered FROM (
      SELECT 1 FROM attempts WHERE started_at > v_at - interval '1 hour' AND provider = p_provider AND sender = a.sender
        AND report = 'delivered' LIMIT v_most + 1) AS texts;
    IF v_delivered > v_most THEN RETURN NULL; END IF;
  END IF;
  RETURN CASE WHEN rest_sender(p_provider, a.sender, p_hours, 'code ' || p_code, v_at) THEN a.sender END;
END $$;
