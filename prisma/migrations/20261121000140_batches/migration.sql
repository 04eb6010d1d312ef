CREATE TYPE "batch_status" AS ENUM ('loading', 'running', 'paused', 'canceled', 'done');

-- CreateTable
CREATE TABLE "batches" (
    "id" UUID NOT NULL,
    "name" TEXT,
    "status" "batch_status" NOT NULL DEFAULT 'loading',
    "paused_because" TEXT,
    "rate" DOUBLE PRECISION,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "started_at" TIMESTAMPTZ(6),
    "ended_at" TIMESTAMPTZ(6),

    CONSTRAINT "batches_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "batches_created_at_idx" ON "batches"("created_at");

-- CreateTable
CREATE TABLE "batch_errors" (
    "batch_id" UUID NOT NULL,
    "ref" TEXT NOT NULL,
    "row" INTEGER NOT NULL,
    "code" TEXT NOT NULL,
    "detail" TEXT NOT NULL,

    CONSTRAINT "batch_errors_pkey" PRIMARY KEY ("batch_id", "ref")
);
ALTER TABLE "batch_errors" ADD CONSTRAINT "batch_errors_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "batches"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- One token bucket for each sender at each provider, and for each batch with a rate of its own; whichever instance sends.
CREATE TABLE "paces" (
    "key" TEXT NOT NULL,
    "tokens" DOUBLE PRECISION NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "paces_pkey" PRIMARY KEY ("key")
);

ALTER TABLE "messages" ADD COLUMN "batch_ref" TEXT,
ADD COLUMN "send_after" TIMESTAMPTZ(6);

-- Rows that wait for their batch; null otherwise, so codes are in none of these. No index here names status: a report that
-- moves it on changes no index.
CREATE INDEX "messages_batch_id_send_after_idx" ON "messages"("batch_id", "send_after") WHERE "send_after" IS NOT NULL;
CREATE INDEX "messages_batch_id_idx" ON "messages"("batch_id") WHERE "batch_id" IS NOT NULL;
-- Texts whose time is over, and that nothing has erased yet.
CREATE INDEX "messages_expires_at_idx" ON "messages"("expires_at") WHERE "body_sealed" IS NOT NULL;

-- Nobody writes it again: what is final, and not looked at any more. What was accepted or sent may need one more text, by
-- another provider, until its time is over.
CREATE FUNCTION erase_text() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.body_sealed := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER erase_text BEFORE UPDATE OF status ON messages FOR EACH ROW
  WHEN (NEW.body_sealed IS NOT NULL AND NEW.lease_until IS NULL
    AND NEW.status IN ('delivered', 'undelivered', 'failed', 'canceled')) EXECUTE FUNCTION erase_text();

DROP FUNCTION reseal_message(uuid, bytea, bytea, bytea, int);
-- As before, with its text, which is under the same secret.
CREATE FUNCTION reseal_message(p_id uuid, p_former bytea, p_key bytea, p_sealed bytea, p_version int, p_body bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM messages WHERE id = p_id AND phone_key = p_former FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM move_phone(p_key, p_former);
  UPDATE messages SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version,
      body_sealed = CASE WHEN body_sealed IS NOT NULL THEN p_body END
    WHERE id = p_id;
  RETURN true;
END $$;

-- One text that belongs to no verification, claimed by the caller with its first attempt (without: queued, for p_lease_ms).
-- Refuses by the gate "cost" when the day's budget has no room for p_reserve, and then nothing was done; answers opted_out
-- or refused_by where that is why nothing was.
CREATE FUNCTION open_text(
  p_id uuid, p_phone_key bytea, p_phone_sealed bytea, p_key_version int, p_template text, p_body bytea, p_ttl_secs int,
  p_lease_ms int, p_attempt_id uuid, p_provider text, p_channel text, p_locale text, p_template_version int, p_variant text,
  p_sender text, p_route text, p_country text, p_price bigint, p_reserve bigint, p_cap bigint, p_kept bigint,
  p_quotas int[], p_secs int[], p_at timestamptz,
  OUT opted_out boolean, OUT refused_by int, OUT retry_after int, OUT remaining int[], OUT resets int[],
  OUT created_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
BEGIN
  opted_out := is_opted_out(p_phone_key);
  IF opted_out THEN RETURN; END IF;
  IF p_quotas IS NOT NULL THEN
    SELECT h.refused_by, h.retry_after, h.remaining, h.resets, h.hit_at INTO refused_by, retry_after, remaining, resets, v_at
      FROM take_hit(p_phone_key, p_quotas, p_secs, p_at, NULL) AS h;
    IF refused_by IS NOT NULL THEN RETURN; END IF;
  END IF;
  created_at := v_at;
  INSERT INTO messages (id, phone_key, phone_sealed, key_version, template, body_sealed, status, lease_until,
                        created_at, updated_at, expires_at, channel, locale, template_version, variant,
                        country, reserved_micros, spend_day)
  VALUES (p_id, p_phone_key, p_phone_sealed, p_key_version, p_template, p_body,
          CASE WHEN p_attempt_id IS NULL THEN 'queued' ELSE 'sending' END::message_status,
          v_at + make_interval(secs => p_lease_ms / 1000.0), v_at, v_at, v_at + make_interval(secs => p_ttl_secs),
          p_channel, p_locale, p_template_version, p_variant, p_country, p_reserve, utc_day(v_at));
  IF p_attempt_id IS NOT NULL THEN
    INSERT INTO attempts (id, message_id, provider, channel, sender, route, started_at, price_micros, spend_day)
      VALUES (p_attempt_id, p_id, p_provider, p_channel, p_sender, p_route, v_at, p_price, utc_day(v_at));
  END IF;
  IF NOT reserve_cost(p_phone_key, p_reserve, p_cap, p_kept, v_at) THEN PERFORM refuse('cost', cost_refusal(v_at)); END IF;
END $$;

-- Begins the first try of rows that the caller took (their turn says so), all in one transaction, and says of each what became of it:
-- begun; lost: it is somebody else's, or gone; stopped: its batch does not run; expired or opted_out: it has ended; and,
-- still waiting, paced (its sender's bucket is empty for wait_ms), limited (its phone gets no more for wait_ms) or
-- cost (the day's budget has no room). From then on it is the outbox's, as any message. What it may cost is taken of the part of the
-- cap that is not kept for phones that were approved before. Locks in this order: paces, messages, windows by their
-- keys, the day.
CREATE FUNCTION begin_batch(
  p_batch uuid, p_ids uuid[], p_turns int[], p_attempts uuid[], p_providers text[], p_channels text[], p_senders text[],
  p_routes text[], p_paces float8[], p_locales text[], p_versions int[], p_variants text[], p_prices bigint[], p_needs bigint[],
  p_lease_ms int, p_valid_secs int, p_quotas int[], p_secs int[], p_cap bigint, p_kept bigint, p_at timestamptz
) RETURNS TABLE (id uuid, state text, wait_ms int) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_day date;
  b batches%ROWTYPE;
  r record;
  m messages%ROWTYPE;
  h record;
  v_hit timestamptz;
  v_keys text[] := '{}';
  v_rates float8[] := '{}';
  v_tokens float8[] := '{}';
  v_behind int[] := '{}';
  v_own int;
  v_i int;
  v_room bigint;
  v_sum bigint := 0;
BEGIN
  SELECT * INTO b FROM batches WHERE batches.id = p_batch;
  IF b.id IS NULL OR NOT (b.status = 'running' OR (b.status = 'paused' AND b.paused_because = 'cost_limit')) THEN
    UPDATE messages AS w SET send_after = v_at FROM unnest(p_ids, p_turns) AS t(id, turn)
      WHERE w.id = t.id AND w.turn = t.turn AND w.send_after IS NOT NULL;
    RETURN QUERY SELECT unnest(p_ids), 'stopped', 0;
    RETURN;
  END IF;

  FOR r IN
    SELECT key, min(rate) AS rate FROM (
      SELECT provider || ' ' || coalesce(sender, '') AS key, rate FROM unnest(p_providers, p_senders, p_paces) AS p(provider, sender, rate)
      UNION ALL SELECT 'batch ' || p_batch, b.rate WHERE b.rate IS NOT NULL) AS buckets GROUP BY key ORDER BY key
  LOOP
    INSERT INTO paces (key, tokens, at) VALUES (r.key, 1, v_at) ON CONFLICT DO NOTHING;
    SELECT tokens, at INTO h FROM paces WHERE key = r.key FOR UPDATE;
    v_keys := v_keys || r.key;
    v_rates := v_rates || r.rate;
    -- A tenth of a second's, so that nothing comes in bursts. A clock that was set back gives nothing.
    v_tokens := v_tokens || least(greatest(r.rate / 10, 1), h.tokens + r.rate * greatest(extract(epoch FROM v_at - h.at), 0)::float8);
    v_behind := v_behind || 0;
  END LOOP;
  v_own := array_position(v_keys, 'batch ' || p_batch);

  v_day := utc_day(v_at);
  v_room := p_cap - p_kept - coalesce((SELECT held_micros FROM spend_days WHERE day = v_day), 0);
  FOR r IN
    SELECT t.*, w.phone_key FROM unnest(p_ids, p_turns, p_attempts, p_providers, p_channels, p_senders, p_routes, p_locales,
        p_versions, p_variants, p_prices, p_needs)
        AS t(id, turn, attempt, provider, channel, sender, route, locale, version, variant, price, need)
      LEFT JOIN messages AS w ON w.id = t.id ORDER BY w.phone_key, t.id
  LOOP
    id := r.id;
    wait_ms := 0;
    SELECT * INTO m FROM messages AS w WHERE w.id = r.id AND w.turn = r.turn AND w.batch_id = p_batch AND w.send_after IS NOT NULL
      FOR NO KEY UPDATE;
    IF NOT FOUND THEN
      state := 'lost';
      RETURN NEXT;
      CONTINUE;
    END IF;
    state := CASE WHEN m.expires_at <= v_at THEN 'expired' WHEN is_opted_out(m.phone_key) THEN 'opted_out' END;
    IF state IS NOT NULL THEN
      UPDATE messages AS w SET status = CASE state WHEN 'expired' THEN 'failed' ELSE 'canceled' END::message_status, stopped_by = CASE state WHEN 'expired' THEN coalesce(w.stopped_by, state) ELSE state END,
          send_after = NULL, updated_at = v_at WHERE w.id = r.id;
      RETURN NEXT;
      CONTINUE;
    END IF;
    v_i := array_position(v_keys, r.provider || ' ' || coalesce(r.sender, ''));
    IF v_own IS NOT NULL AND v_tokens[v_own] < 1 THEN v_i := v_own; END IF;
    IF v_tokens[v_i] < 1 THEN
      v_behind[v_i] := v_behind[v_i] + 1;
      state := 'paced';
      wait_ms := greatest(ceil((v_behind[v_i] - v_tokens[v_i]) / v_rates[v_i] * 1000), 1);
    ELSIF r.need > 0 AND v_sum + r.need > v_room THEN
      state := 'cost';
    ELSE
      v_hit := v_at;
      IF p_quotas IS NOT NULL THEN
        SELECT * INTO h FROM take_hit(m.phone_key, p_quotas, p_secs, p_at, NULL);
        IF h.refused_by IS NOT NULL THEN
          state := 'limited';
          wait_ms := h.retry_after * 1000;
        ELSE
          v_hit := h.hit_at;
        END IF;
      END IF;
    END IF;
    IF state IS NOT NULL THEN
      -- No later than when its time is over: then it ends.
      UPDATE messages AS w SET send_after = least(v_at + make_interval(secs => wait_ms / 1000.0), m.expires_at),
          stopped_by = CASE state WHEN 'limited' THEN 'rate_limit' WHEN 'cost' THEN 'cost_limit' ELSE w.stopped_by END
        WHERE w.id = r.id;
      RETURN NEXT;
      CONTINUE;
    END IF;
    v_tokens[v_i] := v_tokens[v_i] - 1;
    IF v_own IS NOT NULL THEN v_tokens[v_own] := v_tokens[v_own] - 1; END IF;
    v_sum := v_sum + r.need;
    -- Its hit is found again by its time.
    UPDATE messages AS w SET status = 'sending', send_after = NULL, lease_until = v_at + make_interval(secs => p_lease_ms / 1000.0),
        created_at = v_hit, updated_at = v_at, expires_at = least(w.expires_at, v_at + make_interval(secs => p_valid_secs)),
        stopped_by = NULL, channel = r.channel, locale = r.locale, template_version = r.version, variant = r.variant,
        reserved_micros = r.need, is_held = true, spend_day = v_day
      WHERE w.id = r.id;
    INSERT INTO attempts (id, message_id, provider, channel, sender, route, started_at, price_micros, spend_day)
      VALUES (r.attempt, r.id, r.provider, r.channel, r.sender, r.route, v_at, r.price, v_day);
    state := 'begun';
    RETURN NEXT;
  END LOOP;
  UPDATE paces SET tokens = p.tokens, at = v_at FROM unnest(v_keys, v_tokens) AS p(key, tokens) WHERE paces.key = p.key;
  IF v_sum > 0 THEN
    INSERT INTO spend_days AS d (day, held_micros) SELECT v_day, v_sum WHERE v_sum <= p_cap - p_kept
      ON CONFLICT (day) DO UPDATE SET held_micros = d.held_micros + v_sum WHERE d.held_micros + v_sum <= p_cap - p_kept;
    -- Somebody was faster: nothing was done.
    IF NOT FOUND THEN PERFORM refuse('cost', cost_refusal(v_at)); END IF;
  END IF;
END $$;
