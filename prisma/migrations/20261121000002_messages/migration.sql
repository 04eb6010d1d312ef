-- Messages are the outbox. A message is looked at again when its lease_until is past, whatever its status: its process is
-- gone (sending), its next try is due (queued), or the network's word is missing or bad (accepted, sent: a follow-up, once).
-- turn counts the claims: who is not the last to have claimed begins no try.

CREATE FUNCTION is_opted_out(p_key bytea) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM opt_outs WHERE phone_key = key_now(p_key))
$$;

CREATE FUNCTION opt_out(p_key bytea, p_source text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO opt_outs (phone_key, source, created_at) VALUES (key_now(p_key), p_source, p_at) ON CONFLICT DO NOTHING
$$;

-- How far along a status is. Reports come late, twice and in any order: only what is further along counts.
CREATE FUNCTION status_rank(p_status message_status) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_status WHEN 'unknown' THEN 1 WHEN 'accepted' THEN 2 WHEN 'sent' THEN 3 WHEN 'failed' THEN 4
    WHEN 'canceled' THEN 4 WHEN 'undelivered' THEN 5 WHEN 'delivered' THEN 6 ELSE 0 END
$$;

-- What is known of the texts that went out for a message; null while nothing is. It has failed when none of them can arrive
-- any more; curable says that another provider may do better than all of them. While one still can, a failed one counts as
-- sent, which it was on its way to be: so the answer does not depend on the order in which reports came.
CREATE FUNCTION reported_status(p_message_id uuid, OUT status message_status, OUT curable boolean) LANGUAGE sql STABLE AS $$
  SELECT CASE
      WHEN bool_or(report = 'delivered') THEN 'delivered'::message_status
      WHEN bool_and(report IN ('failed', 'undelivered')) THEN min(report)
      WHEN bool_or(report <> 'accepted') THEN 'sent'
      WHEN bool_or(outcome = 'accepted') THEN 'accepted'
    END, bool_and(coalesce(report_curable, true))
    FROM (SELECT outcome, coalesce(report, 'accepted') AS report, report_curable FROM attempts
      WHERE message_id = p_message_id AND outcome IN ('pending', 'accepted', 'unknown')) AS out
$$;

-- Whether a message that a provider took needs one more text, from another: every network gave up on it and none said why
-- nobody else would do better, or a provider that is known to report (p_reporters) said nothing. Once.
CREATE FUNCTION needs_follow_up(p_message_id uuid, p_reporters text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT coalesce(NOT bool_or(follow_up) AND bool_and(coalesce(report_curable, true)) AND (
      bool_and(report IN ('failed', 'undelivered'))
      OR NOT bool_or(report IN ('sent', 'delivered')) AND bool_or(report = 'accepted' AND provider = ANY (p_reporters))
    ), false)
    FROM (SELECT provider, follow_up, coalesce(report, 'accepted') AS report, report_curable FROM attempts
      WHERE message_id = p_message_id AND outcome IN ('pending', 'accepted', 'unknown')) AS out
$$;

-- A message claimed by the caller with its first attempt, before the POST; without an attempt (nobody may send now) it is
-- queued, to be claimed after p_lease_ms.
CREATE FUNCTION open_message(
  p_id uuid, p_verification_id uuid, p_phone_key bytea, p_phone_sealed bytea, p_key_version int, p_template text,
  p_expires_at timestamptz, p_lease_ms int, p_attempt_id uuid, p_provider text, p_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, lease_until,
                        created_at, updated_at, expires_at)
  VALUES (p_id, p_verification_id, p_phone_key, p_phone_sealed, p_key_version, p_template,
          CASE WHEN p_attempt_id IS NULL THEN 'queued' ELSE 'sending' END::message_status,
          p_at + make_interval(secs => p_lease_ms / 1000.0), p_at, p_at, p_expires_at);
  IF p_attempt_id IS NOT NULL THEN
    INSERT INTO attempts (id, message_id, provider, started_at) VALUES (p_attempt_id, p_id, p_provider, p_at);
  END IF;
END $$;

-- Up to p_limit messages that are due, now ours for p_lease_ms. A try whose process is gone may have sent the text.
-- is_follow_up: a provider took it before; settled: and there is nothing to follow up.
-- may_have_sent: providers whose text may still arrive; given_up: those whose network said that theirs will not.
CREATE FUNCTION claim_messages(p_limit int, p_lease_ms int, p_most_silent int, p_at timestamptz) RETURNS TABLE (
  id uuid, verification_id uuid, phone_key bytea, phone_sealed bytea, key_version int, template text, expires_in_ms int,
  turn int, is_follow_up boolean, settled boolean, opted_out boolean, tries int, may_have_sent text[], given_up text[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
  v_follow_ups uuid[];
  v_reporters text[];
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
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.report IN ('failed', 'undelivered'));
END $$;

-- Whether the caller of that turn may still begin a try: nobody else has claimed the message, no network has it meanwhile
-- (nor, before a follow-up, a provider), and somebody still waits for it, who has not sent STOP. Locked first, so that all
-- this is what holds now.
CREATE FUNCTION may_begin(p_message_id uuid, p_turn int, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM messages WHERE id = p_message_id FOR NO KEY UPDATE;
  RETURN EXISTS (SELECT 1 FROM messages AS m LEFT JOIN verifications AS v ON v.id = m.verification_id
    WHERE m.id = p_message_id AND m.turn = p_turn AND m.lease_until > p_at AND (v.id IS NULL OR v.status = 'pending')
      AND NOT is_opted_out(m.phone_key)
      AND NOT EXISTS (SELECT 1 FROM attempts AS a WHERE a.message_id = m.id AND (a.report IN ('sent', 'delivered')
        OR (NOT m.followed_up AND a.outcome = 'accepted' AND coalesce(a.report, 'accepted') = 'accepted'))));
END $$;

-- What became of a message's last attempt (p_attempt_id null: there was none), and so of the message (p_status null: only
-- what the reports say); with p_again_ms it is looked at again: for another round, or because no report came by then.
-- What was surely never sent costs the phone nothing: its hit is given back, the first message's verification fails, a
-- resend leaves it as it was before. The answer says what became of the hit, for limits that are kept elsewhere: it moved
-- to moved_to, or was given back (moved_to null).
CREATE FUNCTION record_dispatch(
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
BEGIN
  SELECT * INTO m FROM messages WHERE id = p_message_id FOR UPDATE;
  -- A report may have said before the answer did that the provider took it.
  UPDATE attempts SET outcome = CASE outcome WHEN 'accepted' THEN outcome ELSE p_outcome END,
      fault = CASE outcome WHEN 'accepted' THEN NULL ELSE p_fault END,
      provider_message_id = coalesce(p_provider_message_id, provider_message_id), ended_at = v_at
    WHERE id = p_attempt_id RETURNING * INTO a;
  -- Only forward: a process that was thought dead may still tell, but what was accepted meanwhile stays accepted.
  v_status := CASE
    WHEN m.status IN ('queued', 'sending') THEN coalesce(p_status, m.status)
    WHEN p_status = 'accepted' AND status_rank(m.status) < status_rank('accepted') THEN p_status
    ELSE m.status END;
  -- Any report has taken the message that far.
  IF status_rank(m.status) >= status_rank('accepted') OR p_status IS NULL THEN
    SELECT * INTO r FROM reported_status(p_message_id);
    IF r.status IN ('failed', 'undelivered') THEN
      v_follow_up := r.curable AND NOT m.followed_up AND m.expires_at > v_at;
      IF v_follow_up OR (m.followed_up AND p_status = 'queued') THEN r.status := 'sent'; END IF;
    END IF;
    IF status_rank(r.status) > status_rank(v_status) THEN v_status := r.status; END IF;
  END IF;
  UPDATE messages SET status = v_status, updated_at = v_at,
      lease_until = CASE
        WHEN v_follow_up THEN v_at
        WHEN v_status = 'queued'
          OR (p_status = 'queued' AND m.followed_up AND status_rank(v_status) <= status_rank('sent'))
          OR (p_status = 'accepted' AND v_status = 'accepted' AND NOT m.followed_up)
          THEN v_at + make_interval(secs => p_again_ms / 1000.0) END
    WHERE id = p_message_id;
  IF p_fault = 'opted_out' THEN PERFORM opt_out(m.phone_key, a.provider, v_at); END IF;
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
  ELSIF p_status IN ('accepted', 'unknown') AND NOT m.followed_up THEN
    UPDATE limit_windows SET hits = ARRAY(SELECT hit FROM unnest(array_replace(hits, m.created_at, v_at)) AS hit ORDER BY hit)
      WHERE key = key_now(m.phone_key);
    RETURN QUERY SELECT key_now(m.phone_key), m.created_at, v_at;
  END IF;
END $$;

-- What a network said about one attempt: found by our id, by the provider's, or (p_phone_key) as the one try to this phone
-- of the last hour whose answer was lost. Only forward, whatever the order; a cost is booked once. A failure that another
-- provider may cure makes the message due at once, if it was not followed up before. Not known: no such attempt. moved_key:
-- whose hit moved to now, as in record_dispatch.
CREATE FUNCTION record_report(
  p_provider text, p_attempt_id uuid, p_provider_message_id text, p_phone_key bytea,
  p_status message_status, p_code text, p_curable boolean, p_opted_out boolean, p_cost_micros bigint, p_at timestamptz,
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
  n.reported_at := coalesce(a.reported_at, v_at);
  n.cost_micros := greatest(a.cost_micros, p_cost_micros);

  -- What was told before tells nothing now.
  IF n IS DISTINCT FROM a THEN
    UPDATE attempts SET outcome = n.outcome, fault = n.fault, provider_message_id = n.provider_message_id, report = n.report,
        report_code = n.report_code, report_curable = n.report_curable, reported_at = n.reported_at, cost_micros = n.cost_micros
      WHERE id = n.id;
    IF p_opted_out THEN PERFORM opt_out(m.phone_key, p_provider, v_at); END IF;
    -- As in record_dispatch, whose caller may be gone, or know less.
    IF a.outcome <> 'accepted' AND NOT m.followed_up THEN
      UPDATE limit_windows SET hits = ARRAY(SELECT hit FROM unnest(array_replace(hits, m.created_at, v_at)) AS hit ORDER BY hit)
        WHERE key = key_now(m.phone_key);
      moved_key := key_now(m.phone_key);
    END IF;
    SELECT * INTO r FROM reported_status(m.id);
    v_status := r.status;
    v_lease_until := m.lease_until;
    -- Whoever is at work will tell what became of it, and this is then looked at again.
    v_at_work := (m.followed_up AND m.lease_until IS NOT NULL)
      OR EXISTS (SELECT 1 FROM attempts WHERE message_id = m.id AND ended_at IS NULL);
    IF v_status = 'delivered' OR (v_status = 'sent' AND NOT v_at_work) THEN
      v_lease_until := NULL;
    ELSIF v_status IN ('failed', 'undelivered') AND v_at_work THEN
      v_status := 'sent';
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
END $$;
