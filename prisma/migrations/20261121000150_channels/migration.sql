-- A message may have a plan: channels in order, each but the last with the seconds after which the next one is tried if no word
-- came by then that it arrived. Such a fall-back is no job of its own: it is the message's lease, as a follow-up is.

-- channel_since: when its channel was taken up or, once a provider took it there, when that was; null: when it was made.
ALTER TABLE "messages" ADD COLUMN "channel_since" TIMESTAMPTZ(6);

-- Its network said that this phone is not to be reached by this channel at all: no WhatsApp there, or a landline.
ALTER TABLE "attempts" ADD COLUMN "not_on_channel" BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE "spend_erased" ADD COLUMN "channel" TEXT NOT NULL DEFAULT 'sms';
ALTER TABLE "spend_erased" DROP CONSTRAINT "spend_erased_pkey",
  ADD CONSTRAINT "spend_erased_pkey" PRIMARY KEY ("day", "hour", "provider", "country", "channel");

DROP FUNCTION claim_messages;
DROP FUNCTION may_begin;
DROP FUNCTION record_report;
DROP FUNCTION reported_status;
DROP FUNCTION needs_follow_up;

-- What comes after a channel in a plan, and after how many seconds; null: it is the last, or there is no plan.
CREATE FUNCTION channel_after(p_channels jsonb, p_channel text, OUT next text, OUT secs int) LANGUAGE sql IMMUTABLE AS $$
  SELECT p_channels -> n::int ->> 'channel', (leg ->> 'fallbackAfter')::int
    FROM jsonb_array_elements(p_channels) WITH ORDINALITY AS legs(leg, n)
    WHERE leg ->> 'channel' = p_channel AND p_channels -> n::int IS NOT NULL
$$;

-- When the next channel's turn comes: in the past, where nothing can arrive by this one any more. Null: there is none, or it is
-- not wanted: the text arrived, the code was entered, its time ran out, the person sent STOP, or a network said why nobody may
-- go on.
CREATE FUNCTION falls_back_at(p_message_id uuid, p_at timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN EXISTS (SELECT 1 FROM attempts AS a WHERE a.message_id = m.id AND a.channel = m.channel
        AND a.outcome IN ('pending', 'accepted', 'unknown') AND coalesce(a.report, 'accepted') NOT IN ('failed', 'undelivered'))
      THEN least(coalesce(m.channel_since, m.created_at), p_at) + make_interval(secs => leg.secs)
      ELSE '-infinity' END
    FROM messages AS m CROSS JOIN LATERAL channel_after(m.channels, m.channel) AS leg
      LEFT JOIN verifications AS v ON v.id = m.verification_id
    WHERE m.id = p_message_id AND leg.next IS NOT NULL AND m.expires_at > p_at AND (v.id IS NULL OR v.status = 'pending')
      AND NOT is_opted_out(m.phone_key)
      AND NOT EXISTS (SELECT 1 FROM attempts AS a WHERE a.message_id = m.id AND (a.report = 'delivered'
        OR (a.report IN ('failed', 'undelivered') AND NOT coalesce(a.report_curable, true) AND NOT a.not_on_channel)))
$$;

-- By which channels this phone was lately not to be reached at all, and was not reached since.
CREATE FUNCTION channels_without(p_keys bytea[], p_at timestamptz) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  SELECT a.channel FROM verifications AS v JOIN messages AS m ON m.verification_id = v.id JOIN attempts AS a ON a.message_id = m.id
    WHERE v.phone_key = ANY (phone_keys(p_keys)) AND v.created_at > p_at - interval '7 days'
    GROUP BY a.channel
    HAVING max(a.started_at) FILTER (WHERE a.not_on_channel)
      > coalesce(max(a.started_at) FILTER (WHERE a.report = 'delivered'), '-infinity')
$$;

-- What is known of the texts that went out for a message; null while nothing is. It has failed when none of them can arrive
-- any more; curable says that another provider may do better by the channel now tried, gave_up that nothing arrives by that. While one still can, a failed one counts
-- as sent, which it was on its way to be: so the answer does not depend on the order in which reports came.
CREATE FUNCTION reported_status(
  p_message_id uuid, p_channel text, OUT status message_status, OUT curable boolean, OUT gave_up boolean
) LANGUAGE sql STABLE AS $$
  SELECT CASE
      WHEN bool_or(report = 'delivered') THEN 'delivered'::message_status
      WHEN bool_and(report IN ('failed', 'undelivered')) THEN min(report)
      WHEN bool_or(report <> 'accepted') THEN 'sent'
      WHEN bool_or(outcome = 'accepted') THEN 'accepted'
    END, coalesce(bool_and(coalesce(report_curable, true)) FILTER (WHERE channel = p_channel), false),
    coalesce(bool_and(report IN ('failed', 'undelivered')) FILTER (WHERE channel = p_channel), false)
    FROM (SELECT outcome, channel, coalesce(report, 'accepted') AS report, report_curable FROM attempts
      WHERE message_id = p_message_id AND outcome IN ('pending', 'accepted', 'unknown')) AS out
$$;

-- Whether a message that a provider took needs one more text by its channel, from another: every network gave up on it and none
-- said why nobody else would do better, or a provider that is known to report (p_reporters) said nothing. Once.
CREATE FUNCTION needs_follow_up(p_message_id uuid, p_channel text, p_reporters text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(NOT bool_or(follow_up) AND bool_and(coalesce(report_curable, true)) AND (
      bool_and(report IN ('failed', 'undelivered'))
      OR NOT bool_or(report IN ('sent', 'delivered')) AND bool_or(report = 'accepted' AND provider = ANY (p_reporters))
    ), false)
    FROM (SELECT provider, follow_up, coalesce(report, 'accepted') AS report, report_curable FROM attempts
      WHERE message_id = p_message_id AND channel = p_channel AND outcome IN ('pending', 'accepted', 'unknown')) AS out
$$;

-- Up to p_limit messages that are due, now ours for p_lease_ms. A try whose process is gone may have sent the text. One whose plan
-- says so goes on to its next channel here, and nowhere else but where a dispatch ended without a text.
-- is_follow_up: a provider took it before, by this channel; settled: and there is nothing to follow up; waits: the next channel's
-- turn has not come yet. may_have_sent: providers whose text may still arrive by this channel; given_up: those whose network said
-- that theirs will not.
CREATE FUNCTION claim_messages(p_limit int, p_lease_ms int, p_most_silent int, p_at timestamptz) RETURNS TABLE (
  id uuid, verification_id uuid, phone_key bytea, phone_sealed bytea, key_version int, template text, expires_in_ms int,
  turn int, is_follow_up boolean, settled boolean, opted_out boolean, tries int, may_have_sent text[], given_up text[],
  channel text, channels jsonb, locale text, template_version int, variant text, variables jsonb, body_sealed bytea, batch_id uuid, waits boolean
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
  v_follow_ups uuid[];
  v_reporters text[];
  v_ended boolean;
  v_id uuid;
  v_waiting uuid[] := '{}';
  v_fallbacks uuid[];
  v_due timestamptz;
  m messages%ROWTYPE;
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
  FOR m IN SELECT * FROM messages AS planned WHERE planned.id = ANY (v_ids) AND planned.channels IS NOT NULL LOOP
    v_due := falls_back_at(m.id, v_at);
    IF v_due IS NULL OR NOT EXISTS (SELECT 1 FROM attempts AS a WHERE a.message_id = m.id AND a.channel = m.channel) THEN
      CONTINUE;
    ELSIF v_due > v_at THEN
      v_waiting := v_waiting || m.id;
    ELSE
      UPDATE messages SET channel = (channel_after(m.channels, m.channel)).next, channel_since = v_at WHERE messages.id = m.id;
    END IF;
  END LOOP;
  v_fallbacks := ARRAY(SELECT planned.id FROM messages AS planned WHERE planned.id = ANY (v_ids)
    AND planned.status NOT IN ('queued', 'sending') AND planned.channel <> planned.channels -> 0 ->> 'channel'
    AND NOT EXISTS (SELECT 1 FROM attempts AS a
      WHERE a.message_id = planned.id AND a.channel = planned.channel AND a.outcome = 'accepted'));
  SELECT array_agg(provider) INTO v_reporters FROM report_sources WHERE silent < p_most_silent;
  v_follow_ups := ARRAY(SELECT m.id FROM messages AS m
    WHERE m.id = ANY (v_ids) AND m.status NOT IN ('queued', 'sending') AND m.id <> ALL (v_fallbacks || v_waiting)
      AND needs_follow_up(m.id, m.channel, v_reporters));
  -- Its provider is known to report, and did not in time.
  UPDATE report_sources AS s SET silent = s.silent + quiet.texts FROM (
    SELECT a.provider, count(*)::int AS texts FROM messages AS m JOIN attempts AS a ON a.message_id = m.id
      WHERE m.id = ANY (v_follow_ups) AND NOT m.followed_up AND a.channel = m.channel AND a.outcome = 'accepted' AND a.report IS NULL
      GROUP BY a.provider) AS quiet
    WHERE s.provider = quiet.provider;
  RETURN QUERY
    UPDATE messages AS m SET turn = m.turn + 1, lease_until = v_at + make_interval(secs => p_lease_ms / 1000.0), updated_at = v_at,
        status = CASE m.status WHEN 'queued' THEN 'sending' ELSE m.status END,
        followed_up = m.followed_up OR m.id = ANY (v_follow_ups)
      WHERE m.id = ANY (v_ids)
      RETURNING m.id, m.verification_id, m.phone_key, m.phone_sealed, m.key_version, m.template,
        greatest(extract(epoch FROM m.expires_at - v_at) * 1000, 0)::int, m.turn,
        m.status <> 'sending' AND m.id <> ALL (v_fallbacks),
        m.status <> 'sending' AND m.id <> ALL (v_fallbacks || v_follow_ups),
        is_opted_out(m.phone_key),
        (SELECT count(*)::int FROM attempts AS a WHERE a.message_id = m.id),
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.channel = m.channel
          AND a.outcome IN ('accepted', 'unknown')
          AND coalesce(a.report, 'accepted') NOT IN ('failed', 'undelivered')),
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.channel = m.channel
          AND a.report IN ('failed', 'undelivered')),
        m.channel, m.channels, m.locale, m.template_version, m.variant, m.variables, m.body_sealed, m.batch_id,
        m.id = ANY (v_waiting);
  IF v_ended THEN
    FOREACH v_id IN ARRAY (SELECT array_agg(id ORDER BY id) FROM unnest(v_ids) AS id) LOOP PERFORM settle_cost(v_id, false); END LOOP;
  END IF;
END $$;

-- Whether the caller of that turn may still begin a try: nobody else has claimed the message, no phone has it meanwhile, by
-- whatever channel, and no network by this one (nor, before a follow-up, a provider), and somebody still waits for it, who has not
-- sent STOP. Locked first, so that all this is what holds now.
CREATE FUNCTION may_begin(p_message_id uuid, p_turn int, p_channel text, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM messages WHERE id = p_message_id FOR NO KEY UPDATE;
  RETURN EXISTS (SELECT 1 FROM messages AS m LEFT JOIN verifications AS v ON v.id = m.verification_id
    WHERE m.id = p_message_id AND m.turn = p_turn AND m.lease_until > p_at AND (v.id IS NULL OR v.status = 'pending')
      AND NOT is_opted_out(m.phone_key)
      AND NOT EXISTS (SELECT 1 FROM attempts AS a WHERE a.message_id = m.id AND (a.report = 'delivered'
        OR (a.channel = p_channel AND (a.report = 'sent'
          OR (NOT m.followed_up AND a.outcome = 'accepted' AND coalesce(a.report, 'accepted') = 'accepted')))
        OR (a.channel <> p_channel AND a.report IN ('failed', 'undelivered')
          AND NOT coalesce(a.report_curable, true) AND NOT a.not_on_channel))));
END $$;

-- One more try of the caller of that turn: begun; lost: it is somebody else's, or nobody's any more (may_begin); or cost: the
-- day's budget has no room for p_need, what this try and those that may have to follow it cost at most.
CREATE OR REPLACE FUNCTION begin_attempt(
  p_message_id uuid, p_turn int, p_attempt_id uuid, p_provider text, p_channel text, p_sender text, p_route text,
  p_price bigint, p_need bigint, p_cap bigint, p_kept bigint,
  p_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
BEGIN
  IF NOT may_begin(p_message_id, p_turn, p_channel, v_at) THEN RETURN 'lost'; END IF;
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
CREATE OR REPLACE FUNCTION fail_over(
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
  PERFORM settle_cost(m.id, m.status NOT IN ('queued', 'sending') AND NOT m.followed_up AND m.channels IS NULL);
  IF NOT may_begin(m.id, p_turn, m.channel, v_at) THEN RETURN 'lost'; END IF;
  IF NOT cover_cost(m.id, p_price, true, p_cap, p_kept, v_at) THEN RETURN 'cost'; END IF;
  INSERT INTO attempts (id, message_id, provider, channel, sender, route, started_at, follow_up, price_micros, spend_day)
    SELECT p_attempt_id, id, p_provider, channel, p_sender, p_route, v_at, followed_up, p_price, spend_day FROM messages WHERE id = m.id;
  RETURN 'begun';
END $$;

-- What became of a message's last attempt (p_attempt_id null: there was none), and so of the message (p_status null: only
-- what the reports say); with p_again_ms it is looked at again: for another round, or because no report came by then. With a plan,
-- what was taken is looked at when the next channel's turn comes, and what nobody took (queued) goes on to that channel at once.
-- What was surely never sent costs the phone nothing: its hit is given back, the first message's verification fails, a
-- resend leaves it as it was before. The answer says what became of the hit, for limits that are kept elsewhere: it moved
-- to moved_to, or was given back (moved_to null).
CREATE OR REPLACE FUNCTION record_dispatch(
  p_message_id uuid, p_attempt_id uuid, p_outcome attempt_outcome, p_fault text, p_provider_message_id text,
  p_status message_status, p_again_ms int, p_at timestamptz
) RETURNS TABLE (phone_key bytea, hit_at timestamptz, moved_to timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  m messages%ROWTYPE;
  a attempts%ROWTYPE;
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_status message_status;
  r record;
  v_follow_up boolean := false;
  v_later boolean;
  v_former boolean;
  v_falls_back timestamptz;
  v_moves_on boolean;
  v_lease_until timestamptz;
BEGIN
  SELECT * INTO m FROM messages WHERE id = p_message_id FOR UPDATE;
  -- A report may have said before the answer did that the provider took it.
  UPDATE attempts SET outcome = CASE outcome WHEN 'accepted' THEN outcome ELSE p_outcome END,
      fault = CASE outcome WHEN 'accepted' THEN NULL ELSE p_fault END,
      provider_message_id = coalesce(p_provider_message_id, provider_message_id), ended_at = v_at
    WHERE id = p_attempt_id RETURNING * INTO a;
  IF p_fault = 'opted_out' THEN PERFORM opt_out(m.phone_key, a.provider, v_at); END IF;
  -- Falling back: what went out by another channel stays what it is, while this one is tried as if it were the first.
  v_later := m.channels IS NOT NULL AND m.status NOT IN ('queued', 'sending') AND m.channel <> m.channels -> 0 ->> 'channel';
  -- Told by a process that was thought dead, while the next channel is another's business.
  v_former := m.channels IS NOT NULL AND a.id IS NOT NULL AND a.channel <> m.channel;
  IF m.channels IS NOT NULL AND NOT v_former AND p_status IN ('accepted', 'unknown', 'queued') THEN
    IF p_status = 'accepted' THEN UPDATE messages SET channel_since = v_at WHERE id = p_message_id; END IF;
    v_falls_back := falls_back_at(p_message_id, v_at);
  END IF;
  v_moves_on := p_status = 'queued' AND v_falls_back <= v_at;
  -- Only forward: a process that was thought dead may still tell, but what was accepted meanwhile stays accepted.
  v_status := CASE
    WHEN v_former AND p_status <> 'accepted' THEN m.status
    WHEN m.status IN ('queued', 'sending') THEN coalesce(p_status, m.status)
    WHEN p_status = 'accepted' AND status_rank(m.status) < status_rank('accepted') THEN p_status
    ELSE m.status END;
  -- Any report has taken the message that far.
  IF status_rank(m.status) >= status_rank('accepted') OR p_status IS NULL THEN
    SELECT * INTO r FROM reported_status(p_message_id, m.channel);
    v_follow_up := (r.status IN ('failed', 'undelivered') OR (m.channels IS NOT NULL AND r.gave_up))
      AND r.curable AND NOT m.followed_up AND m.expires_at > v_at AND v_falls_back IS NULL AND NOT v_former;
    IF r.status IN ('failed', 'undelivered') AND (
        v_follow_up OR v_former OR v_falls_back IS NOT NULL OR ((m.followed_up OR v_later) AND p_status = 'queued')) THEN
      r.status := 'sent';
    END IF;
    IF status_rank(r.status) > status_rank(v_status) THEN v_status := r.status; END IF;
  END IF;
  v_lease_until := CASE
    WHEN v_former THEN CASE WHEN v_status <> 'delivered' THEN m.lease_until END
    WHEN v_falls_back IS NOT NULL THEN greatest(v_falls_back, v_at)
    WHEN v_follow_up THEN v_at
    WHEN v_status = 'queued'
      OR (p_status = 'queued' AND (m.followed_up OR v_later) AND status_rank(v_status) <= status_rank('sent'))
      OR (p_status = 'accepted' AND (v_status = 'accepted' OR (v_later AND v_status = 'sent' AND a.report IS NULL)) AND NOT m.followed_up)
      THEN v_at + make_interval(secs => p_again_ms / 1000.0) END;
  UPDATE messages SET status = v_status, updated_at = v_at, lease_until = v_lease_until WHERE id = p_message_id;
  IF v_moves_on THEN
    UPDATE messages SET channel = (channel_after(m.channels, m.channel)).next, channel_since = v_at WHERE id = p_message_id;
  END IF;
  IF v_status = 'failed' AND m.status IN ('queued', 'sending')
      AND NOT EXISTS (SELECT 1 FROM attempts WHERE message_id = p_message_id AND outcome IN ('accepted', 'unknown')) THEN
    UPDATE verifications SET
      status = CASE WHEN sends = 1 THEN 'failed' ELSE status END,
      ended_at = CASE WHEN sends = 1 THEN v_at ELSE ended_at END,
      next_send_at = v_at,
      sends = greatest(sends - 1, 1)
      WHERE id = m.verification_id AND status = 'pending';
    PERFORM give_back_hit(m.phone_key, m.created_at);
    RETURN QUERY SELECT key_now(m.phone_key), m.created_at, NULL::timestamptz;
  -- The hit was taken before the text went out, but it is from then on that the network counts.
  ELSIF p_status IN ('accepted', 'unknown') AND NOT m.followed_up AND NOT v_later THEN
    UPDATE limit_windows SET hits = ARRAY(SELECT hit FROM unnest(array_replace(hits, m.created_at, v_at)) AS hit ORDER BY hit)
      WHERE key = key_now(m.phone_key);
    RETURN QUERY SELECT key_now(m.phone_key), m.created_at, v_at;
  END IF;
  -- What a plan may still cost stays reserved as long as it goes on.
  PERFORM settle_cost(p_message_id, v_status NOT IN ('queued', 'sending') AND (m.channels IS NULL OR v_lease_until IS NULL));
END $$;

-- What a network said about one attempt: found by our id, by the provider's, or (p_phone_key) as the one try to this phone
-- of the last hour whose answer was lost. Only forward, whatever the order; a cost is booked once. A failure that another
-- channel or provider may cure makes the message due at once, if it was not followed up before; a delivery ends every plan. Not
-- known: no such attempt. moved_key: whose hit moved to now, as in record_dispatch.
CREATE FUNCTION record_report(
  p_provider text, p_attempt_id uuid, p_provider_message_id text, p_phone_key bytea,
  p_status message_status, p_code text, p_curable boolean, p_opted_out boolean, p_cost_micros bigint, p_at timestamptz,
  p_not_on_channel boolean DEFAULT false,
  OUT known boolean, OUT message_id uuid, OUT moved_key bytea
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
  m messages%ROWTYPE;
  a attempts%ROWTYPE;
  n attempts%ROWTYPE;
  v_further boolean;
  r record;
  v_status message_status;
  v_lease_until timestamptz;
  v_at_work boolean;
  v_falls_back timestamptz;
BEGIN
  IF p_attempt_id IS NOT NULL THEN
    v_ids := ARRAY(SELECT id FROM attempts WHERE id = p_attempt_id AND provider = p_provider);
  ELSE
    v_ids := ARRAY(SELECT id FROM attempts WHERE provider = p_provider AND provider_message_id = p_provider_message_id);
    IF v_ids = '{}' AND p_phone_key IS NOT NULL THEN
      v_ids := ARRAY(SELECT t.id FROM verifications AS v JOIN messages AS o ON o.verification_id = v.id JOIN attempts AS t ON t.message_id = o.id
        WHERE v.phone_key = p_phone_key AND v.created_at > v_at - interval '2 hours' AND t.started_at > v_at - interval '1 hour'
          AND t.provider = p_provider AND t.outcome IN ('pending', 'unknown') AND t.provider_message_id IS NULL);
    END IF;
  END IF;
  known := cardinality(v_ids) = 1;
  IF NOT known THEN RETURN; END IF;

  -- Whoever changes an attempt locks its message first.
  SELECT * INTO m FROM messages WHERE id = (SELECT t.message_id FROM attempts AS t WHERE t.id = v_ids[1]) FOR UPDATE;
  message_id := m.id;
  SELECT * INTO a FROM attempts WHERE id = v_ids[1];
  v_further := status_rank(p_status) > coalesce(status_rank(a.report), 0);
  n := a;
  n.outcome := 'accepted';
  n.fault := NULL;
  n.provider_message_id := coalesce(a.provider_message_id, p_provider_message_id);
  -- Of two that are equally far along, the same code stays whichever came first.
  n.report_code := CASE WHEN v_further THEN p_code WHEN p_status = a.report THEN greatest(a.report_code, p_code) ELSE a.report_code END;
  n.report := CASE WHEN v_further THEN p_status ELSE a.report END;
  -- One that is not to be cured is enough.
  IF p_status IN ('failed', 'undelivered') THEN n.report_curable := coalesce(a.report_curable, true) AND p_curable; END IF;
  n.not_on_channel := a.not_on_channel OR p_not_on_channel;
  n.reported_at := coalesce(a.reported_at, v_at);
  n.reported_micros := greatest(a.reported_micros, p_cost_micros);

  -- What was told before tells nothing now.
  IF n IS DISTINCT FROM a THEN
    UPDATE attempts SET outcome = n.outcome, fault = n.fault, provider_message_id = n.provider_message_id, report = n.report,
        report_code = n.report_code, report_curable = n.report_curable,
        not_on_channel = n.not_on_channel, reported_at = n.reported_at, reported_micros = n.reported_micros
      WHERE id = n.id;
    IF p_opted_out THEN PERFORM opt_out(m.phone_key, p_provider, v_at); END IF;
    -- As in record_dispatch, whose caller may be gone, or know less.
    IF a.outcome <> 'accepted' AND NOT m.followed_up AND (m.channels IS NULL OR a.channel = m.channels -> 0 ->> 'channel') THEN
      UPDATE limit_windows SET hits = ARRAY(SELECT hit FROM unnest(array_replace(hits, m.created_at, v_at)) AS hit ORDER BY hit)
        WHERE key = key_now(m.phone_key);
      moved_key := key_now(m.phone_key);
    END IF;
    SELECT * INTO r FROM reported_status(m.id, m.channel);
    v_status := r.status;
    v_lease_until := m.lease_until;
    -- Whoever is at work will tell what became of it, and this is then looked at again.
    v_at_work := (m.followed_up AND m.lease_until IS NOT NULL)
      OR EXISTS (SELECT 1 FROM attempts WHERE message_id = m.id AND ended_at IS NULL)
      -- A later channel's turn has come, and nobody took it there yet.
      OR (m.lease_until IS NOT NULL AND m.channels IS NOT NULL AND m.channel <> m.channels -> 0 ->> 'channel' AND NOT EXISTS (
        SELECT 1 FROM attempts WHERE message_id = m.id AND channel = m.channel AND outcome = 'accepted'));
    IF m.channels IS NOT NULL THEN v_falls_back := falls_back_at(m.id, v_at); END IF;
    IF v_status = 'delivered' THEN
      v_lease_until := NULL;
    ELSIF v_status IN ('failed', 'undelivered') AND v_at_work THEN
      v_status := 'sent';
    ELSIF v_falls_back IS NOT NULL AND NOT v_at_work THEN
      v_lease_until := greatest(v_falls_back, v_at);
      IF v_status IN ('failed', 'undelivered') THEN v_status := 'sent'; END IF;
    ELSIF v_status = 'sent' AND NOT v_at_work THEN
      -- What is said of an earlier channel says nothing of this one.
      IF a.channel = m.channel THEN
        v_lease_until := CASE WHEN m.channels IS NOT NULL AND r.gave_up AND r.curable AND NOT m.followed_up AND m.expires_at > v_at
          THEN v_at END;
      END IF;
    ELSIF v_status IN ('failed', 'undelivered') THEN
      IF r.curable AND NOT m.followed_up AND m.expires_at > v_at THEN
        v_status := 'sent';
        v_lease_until := v_at;
      ELSE
        v_lease_until := NULL;
      END IF;
    END IF;
    UPDATE messages SET updated_at = v_at, lease_until = v_lease_until,
        status = CASE WHEN status_rank(v_status) > status_rank(status) THEN v_status ELSE status END
      WHERE id = m.id AND (lease_until IS DISTINCT FROM v_lease_until OR status_rank(v_status) > status_rank(status));
  END IF;

  -- Asked first: an upsert would lock the one row of this provider for every report, and they would queue.
  IF NOT EXISTS (SELECT 1 FROM report_sources
      WHERE provider = p_provider AND silent = 0 AND last_at > v_at - interval '10 seconds') THEN
    INSERT INTO report_sources (provider, last_at) VALUES (p_provider, v_at)
      ON CONFLICT (provider) DO UPDATE SET last_at = greatest(report_sources.last_at, excluded.last_at), silent = 0;
  END IF;
  IF n.outcome <> a.outcome OR n.reported_micros IS DISTINCT FROM a.reported_micros OR (m.channels IS NOT NULL AND m.is_held) THEN
    SELECT * INTO m FROM messages WHERE id = m.id;
    PERFORM settle_cost(m.id, m.status NOT IN ('queued', 'sending') AND (m.channels IS NULL OR m.lease_until IS NULL));
  END IF;
END $$;

-- As before, by channel, too.
CREATE OR REPLACE FUNCTION erase_costs(p_ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_id uuid;
BEGIN
  UPDATE attempts SET outcome = 'unknown' WHERE message_id = ANY (p_ids) AND outcome = 'pending';
  PERFORM 1 FROM spend_days WHERE day IN (
      SELECT spend_day FROM messages WHERE id = ANY (p_ids) UNION SELECT spend_day FROM attempts WHERE message_id = ANY (p_ids))
    ORDER BY day FOR NO KEY UPDATE;
  FOREACH v_id IN ARRAY p_ids LOOP PERFORM settle_cost(v_id, true); END LOOP;
  INSERT INTO spend_erased AS e (day, hour, provider, country, channel, texts, cost_micros)
    SELECT a.spend_day, date_trunc('hour', a.started_at, 'UTC'), a.provider, coalesce(m.country, ''), a.channel, count(*), sum(a.cost_micros)
      FROM attempts AS a JOIN messages AS m ON m.id = a.message_id
      WHERE a.message_id = ANY (p_ids) AND a.cost_micros IS NOT NULL AND a.spend_day IS NOT NULL
      GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
    ON CONFLICT (day, hour, provider, country, channel) DO UPDATE
      SET texts = e.texts + excluded.texts, cost_micros = e.cost_micros + excluded.cost_micros;
END $$;

-- Its provider and channel are those whose word made the status, else the last that were tried.
CREATE OR REPLACE FUNCTION tell_of_message() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_data jsonb;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL
      AND (cardinality(events) = 0 OR 'message.' || NEW.status = ANY (events))) THEN
    RETURN NULL;
  END IF;
  SELECT jsonb_strip_nulls(jsonb_build_object('messageId', NEW.id, 'verificationId', NEW.verification_id, 'status', NEW.status,
      'channel', coalesce(a.channel, NEW.channel), 'purpose', v.purpose, 'provider', a.provider,
      'fault', CASE WHEN NEW.status IN ('failed', 'unknown') THEN a.fault END,
      'reportCode', CASE WHEN NEW.status IN ('failed', 'undelivered') THEN a.report_code END))
    INTO v_data
    FROM (SELECT 1) AS always LEFT JOIN verifications AS v ON v.id = NEW.verification_id
      LEFT JOIN LATERAL (SELECT provider, channel, fault, report_code FROM attempts WHERE message_id = NEW.id
        ORDER BY report IS NOT DISTINCT FROM NEW.status DESC, outcome = 'accepted' DESC, started_at DESC LIMIT 1) AS a ON true;
  PERFORM tell_webhooks('message.' || NEW.status, NEW.id, v_data, NEW.updated_at);
  RETURN NULL;
END $$;
