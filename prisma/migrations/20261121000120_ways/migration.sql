-- AlterTable
ALTER TABLE "messages" ADD COLUMN "channel" TEXT NOT NULL DEFAULT 'sms',
ADD COLUMN "channels" JSONB,
ADD COLUMN "locale" TEXT,
ADD COLUMN "template_version" INTEGER,
ADD COLUMN "variant" TEXT,
ADD COLUMN "body_sealed" BYTEA,
ADD COLUMN "batch_id" UUID;

-- AlterTable
ALTER TABLE "attempts" ADD COLUMN "channel" TEXT NOT NULL DEFAULT 'sms',
ADD COLUMN "sender" TEXT,
ADD COLUMN "route" TEXT;

DROP FUNCTION claim_messages;
DROP FUNCTION begin_attempt;
DROP FUNCTION fail_over;
DROP FUNCTION resend_verification;
DROP FUNCTION open_message;

-- Up to p_limit messages that are due, now ours for p_lease_ms. A try whose process is gone may have sent the text.
-- is_follow_up: a provider took it before; settled: and there is nothing to follow up.
-- may_have_sent: providers whose text may still arrive; given_up: those whose network said that theirs will not.
CREATE FUNCTION claim_messages(p_limit int, p_lease_ms int, p_most_silent int, p_at timestamptz) RETURNS TABLE (
  id uuid, verification_id uuid, phone_key bytea, phone_sealed bytea, key_version int, template text, expires_in_ms int,
  turn int, is_follow_up boolean, settled boolean, opted_out boolean, tries int, may_have_sent text[], given_up text[],
  channel text, channels jsonb, locale text, template_version int, variant text, variables jsonb, body_sealed bytea, batch_id uuid
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
  v_follow_ups uuid[];
  v_reporters text[];
  v_ended boolean;
  v_id uuid;
BEGIN
  SELECT array_agg(due.id) INTO v_ids FROM (
    SELECT m.id FROM messages AS m WHERE m.lease_until <= v_at ORDER BY m.lease_until LIMIT p_limit FOR UPDATE SKIP LOCKED
  ) AS due;
  -- Leases are minutes at most: what is further ahead was written before this server's clock was set back.
  IF v_ids IS NULL THEN
    SELECT array_agg(ahead.id) INTO v_ids FROM (
      SELECT m.id FROM messages AS m WHERE m.lease_until > v_at + interval '10 minutes' LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) AS ahead;
  END IF;
  IF v_ids IS NULL THEN RETURN; END IF;
  UPDATE attempts SET outcome = CASE outcome WHEN 'pending' THEN 'unknown' ELSE outcome END,
      fault = CASE outcome WHEN 'pending' THEN 'unconfirmed' ELSE fault END, ended_at = v_at
    WHERE message_id = ANY (v_ids) AND ended_at IS NULL;
  v_ended := FOUND;
  SELECT array_agg(provider) INTO v_reporters FROM report_sources WHERE silent < p_most_silent;
  v_follow_ups := ARRAY(SELECT m.id FROM messages AS m
    WHERE m.id = ANY (v_ids) AND m.status NOT IN ('queued', 'sending') AND needs_follow_up(m.id, v_reporters));
  -- Its provider is known to report, and did not in time.
  UPDATE report_sources AS s SET silent = s.silent + quiet.texts FROM (
    SELECT a.provider, count(*)::int AS texts FROM messages AS m JOIN attempts AS a ON a.message_id = m.id
      WHERE m.id = ANY (v_follow_ups) AND NOT m.followed_up AND a.outcome = 'accepted' AND a.report IS NULL
      GROUP BY a.provider) AS quiet
    WHERE s.provider = quiet.provider;
  RETURN QUERY
    UPDATE messages AS m SET turn = m.turn + 1, lease_until = v_at + make_interval(secs => p_lease_ms / 1000.0), updated_at = v_at,
        status = CASE m.status WHEN 'queued' THEN 'sending' ELSE m.status END,
        followed_up = m.followed_up OR m.id = ANY (v_follow_ups)
      WHERE m.id = ANY (v_ids)
      RETURNING m.id, m.verification_id, m.phone_key, m.phone_sealed, m.key_version, m.template,
        greatest(extract(epoch FROM m.expires_at - v_at) * 1000, 0)::int, m.turn, m.status <> 'sending',
        m.status <> 'sending' AND m.id <> ALL (v_follow_ups),
        is_opted_out(m.phone_key),
        (SELECT count(*)::int FROM attempts AS a WHERE a.message_id = m.id),
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.outcome IN ('accepted', 'unknown')
          AND coalesce(a.report, 'accepted') NOT IN ('failed', 'undelivered')),
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.report IN ('failed', 'undelivered')),
        m.channel, m.channels, m.locale, m.template_version, m.variant, m.variables, m.body_sealed, m.batch_id;
  IF v_ended THEN
    FOREACH v_id IN ARRAY (SELECT array_agg(id ORDER BY id) FROM unnest(v_ids) AS id) LOOP PERFORM settle_cost(v_id, false); END LOOP;
  END IF;
END $$;

-- One more try of the caller of that turn: begun; lost: it is somebody else's, or nobody's any more (may_begin); or cost: the
-- day's budget has no room for p_need, what this try and one that may have to follow it cost at most.
CREATE FUNCTION begin_attempt(
  p_message_id uuid, p_turn int, p_attempt_id uuid, p_provider text, p_channel text, p_sender text, p_route text,
  p_price bigint, p_need bigint, p_cap bigint, p_kept bigint,
  p_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
BEGIN
  IF NOT may_begin(p_message_id, p_turn, v_at) THEN RETURN 'lost'; END IF;
  IF NOT cover_cost(p_message_id, greatest(p_need, p_price), false, p_cap, p_kept, v_at) THEN
    UPDATE messages SET stopped_by = 'cost_limit' WHERE id = p_message_id;
    RETURN 'cost';
  END IF;
  UPDATE messages SET stopped_by = NULL, channel = p_channel
    WHERE id = p_message_id AND (stopped_by IS NOT NULL OR channel <> p_channel);
  INSERT INTO attempts (id, message_id, provider, channel, sender, route, started_at, follow_up, price_micros, spend_day)
    SELECT p_attempt_id, id, p_provider, p_channel, p_sender, p_route, v_at, followed_up, p_price, spend_day FROM messages WHERE id = p_message_id;
  RETURN 'begun';
END $$;

-- The same for the next try of who is at it, and what became of the one before. Locks the message before its attempt, as
-- whoever takes a report down does. What may be out is booked out of what was reserved, which has room for one more.
CREATE FUNCTION fail_over(
  p_ended_id uuid, p_outcome attempt_outcome, p_fault text, p_turn int, p_attempt_id uuid, p_provider text, p_sender text,
  p_route text, p_price bigint, p_cap bigint, p_kept bigint, p_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  m messages%ROWTYPE;
BEGIN
  SELECT * INTO m FROM messages WHERE id = (SELECT message_id FROM attempts WHERE id = p_ended_id) FOR NO KEY UPDATE;
  UPDATE attempts SET outcome = CASE outcome WHEN 'accepted' THEN outcome ELSE p_outcome END,
      fault = CASE outcome WHEN 'accepted' THEN NULL ELSE p_fault END, ended_at = v_at
    WHERE id = p_ended_id;
  PERFORM settle_cost(m.id, m.status NOT IN ('queued', 'sending') AND NOT m.followed_up);
  IF NOT may_begin(m.id, p_turn, v_at) THEN RETURN 'lost'; END IF;
  IF NOT cover_cost(m.id, p_price, true, p_cap, p_kept, v_at) THEN RETURN 'cost'; END IF;
  INSERT INTO attempts (id, message_id, provider, channel, sender, route, started_at, follow_up, price_micros, spend_day)
    SELECT p_attempt_id, id, p_provider, channel, p_sender, p_route, v_at, followed_up, p_price, spend_day FROM messages WHERE id = m.id;
  RETURN 'begun';
END $$;

-- A message claimed by the caller with its first attempt, before the POST; without an attempt (nobody may send now) it is
-- queued, to be claimed after p_lease_ms.
CREATE FUNCTION open_message(
  p_id uuid, p_verification_id uuid, p_phone_key bytea, p_phone_sealed bytea, p_key_version int, p_template text,
  p_expires_at timestamptz, p_lease_ms int, p_attempt_id uuid, p_provider text,
  p_channel text, p_channels jsonb, p_locale text, p_template_version int, p_variant text, p_sender text, p_route text,
  p_country text, p_price bigint, p_reserve bigint, p_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, lease_until,
                        created_at, updated_at, expires_at, channel, channels, locale, template_version, variant,
                        country, reserved_micros, spend_day)
  VALUES (p_id, p_verification_id, p_phone_key, p_phone_sealed, p_key_version, p_template,
          CASE WHEN p_attempt_id IS NULL THEN 'queued' ELSE 'sending' END::message_status,
          p_at + make_interval(secs => p_lease_ms / 1000.0), p_at, p_at, p_expires_at,
          p_channel, p_channels, p_locale, p_template_version, p_variant,
          p_country, p_reserve, utc_day(p_at));
  IF p_attempt_id IS NOT NULL THEN
    INSERT INTO attempts (id, message_id, provider, channel, sender, route, started_at, price_micros, spend_day)
      VALUES (p_attempt_id, p_id, p_provider, p_channel, p_sender, p_route, p_at, p_price, utc_day(p_at));
  END IF;
END $$;

-- Refuses by the gate "cost" when the day's budget has no room for p_reserve, and then nothing was done.
-- ended says why there is nothing to resend: not_found, expired, exhausted or opted_out. refused_by 0 is the cool-down.
CREATE FUNCTION resend_verification(
  p_id uuid, p_cooldowns int[],
  p_message_id uuid, p_template text, p_lease_ms int, p_attempt_id uuid, p_provider text,
  p_channel text, p_channels jsonb, p_locale text, p_template_version int, p_variant text, p_sender text, p_route text,
  p_quotas int[], p_secs int[], p_at timestamptz,
  p_country text, p_price bigint, p_reserve bigint, p_cap bigint, p_kept bigint,
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
                       p_attempt_id, p_provider, p_channel, p_channels, p_locale, p_template_version, p_variant, p_sender, p_route,
                       p_country, p_price, p_reserve, v_at);
  IF NOT reserve_cost(v.phone_key, p_reserve, p_cap, p_kept, v_at) THEN PERFORM refuse('cost', cost_refusal(v_at)); END IF;
  purpose := v.purpose; channel := v.channel; locale := v.locale; phone_sealed := v.phone_sealed;
  key_version := v.key_version; code_length := v.code_length; checks := v.checks; max_checks := v.max_checks;
  created_at := v.created_at;
END $$;
