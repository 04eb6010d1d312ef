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

-- What somebody who knows the networks said of a phone, until expires_at; found_at null: somebody is asking, or nobody answered.
CREATE TABLE "lookups" (
    "phone_key" BYTEA NOT NULL,
    "phone_sealed" BYTEA NOT NULL,
    "key_version" INTEGER NOT NULL,
    "valid" BOOLEAN NOT NULL DEFAULT true,
    "line" TEXT,
    "network" TEXT,
    "carrier" TEXT,
    "asked_at" TIMESTAMPTZ(6) NOT NULL,
    "found_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "provider" TEXT NOT NULL,
    "country" TEXT,
    "booked_micros" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "lookups_pkey" PRIMARY KEY ("phone_key")
);
CREATE INDEX "lookups_expires_at_idx" ON "lookups"("expires_at");

-- How many questions were asked on a UTC day.
CREATE TABLE "lookup_days" (
    "day" DATE NOT NULL,
    "asked" INTEGER NOT NULL,

    CONSTRAINT "lookup_days_pkey" PRIMARY KEY ("day")
);

-- Books what a lookup costs, or takes it back: in the day's budget, and among its sums, as texts that were erased. The day before the sum,
-- as everybody locks them.
CREATE FUNCTION book_lookup(p_provider text, p_country text, p_micros bigint, p_asked_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO spend_erased AS e (day, hour, provider, country, channel, texts, cost_micros)
    VALUES (utc_day(p_asked_at), date_trunc('hour', p_asked_at, 'UTC'), p_provider, coalesce(p_country, ''), 'lookup', 0, p_micros)
    ON CONFLICT (day, hour, provider, country, channel) DO UPDATE SET cost_micros = e.cost_micros + excluded.cost_micros
$$;

-- Leave to ask about a phone, paid out of the day's budget: ours; or why not: busy (somebody else asks, or nobody answered a moment
-- ago), opted_out, blocked (one of its prefixes is), limit (as many were asked today as may be) or cost.
CREATE FUNCTION begin_lookup(
  p_key bytea, p_sealed bytea, p_version int, p_prefixes bytea[], p_provider text, p_country text, p_price bigint, p_cap bigint,
  p_kept bigint, p_most int, p_lease_ms int, p_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
BEGIN
  IF is_opted_out(p_key) THEN RETURN 'opted_out'; END IF;
  IF EXISTS (SELECT 1 FROM prefix_budgets WHERE key = ANY (p_prefixes) AND blocked_until > v_at) THEN RETURN 'blocked'; END IF;
  INSERT INTO lookups AS l (phone_key, phone_sealed, key_version, asked_at, expires_at, provider, country, booked_micros)
    VALUES (p_key, p_sealed, p_version, v_at, v_at + make_interval(secs => p_lease_ms / 1000.0), p_provider, p_country, p_price)
    ON CONFLICT (phone_key) DO UPDATE SET phone_sealed = excluded.phone_sealed, key_version = excluded.key_version, found_at = NULL,
        asked_at = excluded.asked_at, expires_at = excluded.expires_at, provider = excluded.provider, country = excluded.country,
        booked_micros = excluded.booked_micros
      WHERE l.expires_at <= v_at;
  IF NOT FOUND THEN RETURN 'busy'; END IF;
  INSERT INTO lookup_days AS d (day, asked) SELECT utc_day(v_at), 1 WHERE p_most > 0
    ON CONFLICT (day) DO UPDATE SET asked = d.asked + 1 WHERE d.asked < p_most;
  IF NOT FOUND THEN
    DELETE FROM lookups WHERE phone_key = p_key;
    RETURN 'limit';
  END IF;
  IF NOT reserve_cost(p_key, p_price, p_cap, p_kept, v_at) THEN
    UPDATE lookup_days SET asked = asked - 1 WHERE day = utc_day(v_at);
    DELETE FROM lookups WHERE phone_key = p_key;
    RETURN 'cost';
  END IF;
  IF p_price > 0 THEN PERFORM book_lookup(p_provider, p_country, p_price, v_at); END IF;
  RETURN 'ours';
END $$;

-- No answer came: for p_again_ms nobody asks again. p_refunded: it is surely on no bill.
CREATE FUNCTION fail_lookup(p_key bytea, p_refunded boolean, p_again_ms int, p_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  l lookups%ROWTYPE;
BEGIN
  SELECT * INTO l FROM lookups WHERE phone_key = p_key AND found_at IS NULL FOR UPDATE;
  IF l.phone_key IS NULL THEN RETURN; END IF;
  UPDATE lookups SET expires_at = v_at + make_interval(secs => p_again_ms / 1000.0),
      booked_micros = CASE WHEN p_refunded THEN 0 ELSE booked_micros END
    WHERE phone_key = p_key;
  IF p_refunded AND l.booked_micros > 0 THEN
    UPDATE spend_days SET held_micros = held_micros - l.booked_micros WHERE day = utc_day(l.asked_at);
    PERFORM book_lookup(l.provider, l.country, -l.booked_micros, l.asked_at);
  END IF;
END $$;

-- As reseal_message, for what was looked up; of two answers the one under the present key stays.
CREATE FUNCTION reseal_lookup(p_former bytea, p_key bytea, p_sealed bytea, p_version int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM lookups WHERE phone_key = p_former FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  IF EXISTS (SELECT 1 FROM lookups WHERE phone_key = p_key) THEN
    DELETE FROM lookups WHERE phone_key = p_former;
  ELSE
    UPDATE lookups SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version WHERE phone_key = p_former;
  END IF;
  RETURN true;
END $$;
