-- What is held of one UTC day's budget (by the database's clock): reserved for tries to come, and booked for texts that may be
-- out. One row, which every reservation and every settlement changes last of all that it locks.
CREATE TABLE "spend_days" (
    "day" DATE NOT NULL,
    "held_micros" BIGINT NOT NULL,
    "told_percent" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "spend_days_pkey" PRIMARY KEY ("day")
);
-- Rewritten by every text: each new version finds room beside the last.
ALTER TABLE "spend_days" SET (fillfactor = 10);

-- What an hour cost and brought, written down again and again while it lasts.
CREATE TABLE "spend_hours" (
    "hour" TIMESTAMPTZ(6) NOT NULL,
    "spent_micros" BIGINT NOT NULL,
    "texts" INTEGER NOT NULL,
    "judged" INTEGER NOT NULL,
    "approved" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(6) NOT NULL,
    "told_at" TIMESTAMPTZ(6),

    CONSTRAINT "spend_hours_pkey" PRIMARY KEY ("hour")
);

-- Who asked a prepaid provider last what is left there, and whether operators know that it is little.
CREATE TABLE "provider_balances" (
    "provider" TEXT NOT NULL,
    "asked_at" TIMESTAMPTZ(6) NOT NULL,
    "is_low" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "provider_balances_pkey" PRIMARY KEY ("provider")
);

-- reserved_micros counts while is_held, in the row of spend_day. What is left of it when the message has ended is released by
-- is_held alone: so the statement that releases it can still say how much it was.
ALTER TABLE "messages"
  ADD COLUMN "country" TEXT,
  ADD COLUMN "reserved_micros" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "is_held" BOOLEAN NOT NULL DEFAULT true,
  ADD COLUMN "spend_day" DATE,
  ADD COLUMN "stopped_by" TEXT;

-- cost_micros is what is booked: what the provider reported, else the list's price, for what is or may be out.
ALTER TABLE "attempts"
  ADD COLUMN "price_micros" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "reported_micros" BIGINT,
  ADD COLUMN "spend_day" DATE;
UPDATE "attempts" SET "reported_micros" = "cost_micros" WHERE "cost_micros" IS NOT NULL;

CREATE INDEX "attempts_started_at_idx" ON "attempts" USING BRIN ("started_at");

-- Somebody proved to hold that phone within 90 days.
CREATE FUNCTION is_known_phone(p_key bytea, p_at timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM phones WHERE phone_key = key_now(p_key) AND approved_at > p_at - interval '90 days')
$$;

CREATE FUNCTION utc_day(p_at timestamptz) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT (p_at AT TIME ZONE 'UTC')::date $$;

-- What a refused caller is told: when the day is over.
CREATE FUNCTION cost_refusal(p_at timestamptz) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_build_object('retryAfter',
    greatest(ceil(86400 - extract(epoch FROM (p_at AT TIME ZONE 'UTC') - date_trunc('day', p_at AT TIME ZONE 'UTC'))), 1))
$$;

-- Takes p_micros of the budget of p_at's day, or says no. p_kept of the cap is for phones that were approved before.
CREATE FUNCTION reserve_cost(p_phone_key bytea, p_micros bigint, p_cap bigint, p_kept bigint, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF p_micros <= 0 THEN RETURN true; END IF;
  INSERT INTO spend_days AS d (day, held_micros) SELECT utc_day(p_at), p_micros
    WHERE p_micros <= p_cap - p_kept OR (p_micros <= p_cap AND is_known_phone(p_phone_key, p_at))
    ON CONFLICT (day) DO UPDATE SET held_micros = d.held_micros + p_micros
      WHERE d.held_micros + p_micros <= p_cap - p_kept
        OR (d.held_micros + p_micros <= p_cap AND is_known_phone(p_phone_key, p_at));
  RETURN FOUND;
END $$;

-- Makes sure that p_need is reserved for a message, on p_at's day unless p_keep_day. What is still reserved for it on another
-- day moves. The caller has locked the message.
CREATE FUNCTION cover_cost(p_message_id uuid, p_need bigint, p_keep_day boolean, p_cap bigint, p_kept bigint, p_at timestamptz)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  m messages%ROWTYPE;
  v_reserved bigint;
  v_moves boolean;
BEGIN
  SELECT * INTO m FROM messages WHERE id = p_message_id;
  v_reserved := CASE WHEN m.is_held THEN m.reserved_micros ELSE 0 END;
  v_moves := m.spend_day IS DISTINCT FROM utc_day(p_at) AND NOT (p_keep_day AND v_reserved >= p_need);
  IF m.is_held AND NOT v_moves AND v_reserved >= p_need THEN RETURN true; END IF;
  -- In the order of days, as everybody locks them; what is released on the day before makes no room on this one.
  IF v_moves AND v_reserved > 0 THEN
    PERFORM 1 FROM spend_days WHERE day = m.spend_day FOR NO KEY UPDATE;
  END IF;
  IF NOT reserve_cost(m.phone_key, p_need - CASE WHEN v_moves THEN 0 ELSE v_reserved END, p_cap, p_kept, p_at) THEN
    RETURN false;
  END IF;
  IF v_moves AND v_reserved > 0 THEN
    UPDATE spend_days SET held_micros = held_micros - v_reserved WHERE day = m.spend_day;
  END IF;
  UPDATE messages SET reserved_micros = greatest(p_need, CASE WHEN v_moves THEN 0 ELSE v_reserved END), is_held = true,
      spend_day = CASE WHEN v_moves THEN utc_day(p_at) ELSE spend_day END
    WHERE id = p_message_id;
  RETURN true;
END $$;

-- Makes what is held for a message agree with what became of its tries, whatever was told before and in whatever order: what
-- is or may be out is booked, out of what was reserved for it; what surely is not, is not. p_is_over: no more tries are to
-- come, so nothing stays reserved but for those that are still under way. What is booked beyond the reservation (a report about
-- a text that was thought not sent, or a provider that charges more than the list says) is true, whatever the cap.
CREATE FUNCTION settle_cost(p_message_id uuid, p_is_over boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  m messages%ROWTYPE;
  a record;
  v_reserved bigint;
  v_left bigint;
  v_more bigint;
  v_today bigint := 0;
  v_days date[] := '{}';
  v_changes bigint[] := '{}';
BEGIN
  SELECT * INTO m FROM messages WHERE id = p_message_id;
  v_reserved := CASE WHEN m.is_held THEN m.reserved_micros ELSE 0 END;
  v_left := v_reserved;
  FOR a IN
    SELECT id, spend_day, cost_micros AS was, due FROM attempts, LATERAL (
        SELECT CASE WHEN outcome IN ('accepted', 'unknown') THEN coalesce(reported_micros, price_micros) ELSE reported_micros END) AS d(due)
      WHERE message_id = p_message_id AND due IS DISTINCT FROM cost_micros
  LOOP
    UPDATE attempts SET cost_micros = a.due WHERE id = a.id;
    v_more := coalesce(a.due, 0) - coalesce(a.was, 0);
    IF a.spend_day = m.spend_day AND m.is_held AND v_more > 0 THEN
      v_left := v_left - least(v_more, v_left);
    END IF;
    IF a.spend_day = m.spend_day THEN
      v_today := v_today + v_more;
    ELSIF a.spend_day IS NOT NULL AND v_more <> 0 THEN
      v_days := v_days || a.spend_day;
      v_changes := v_changes || v_more;
    END IF;
  END LOOP;
  IF p_is_over THEN
    SELECT least(v_left, coalesce(sum(price_micros), 0)) INTO v_left FROM attempts
      WHERE message_id = p_message_id AND outcome = 'pending' AND spend_day = m.spend_day;
  END IF;
  IF v_left <> v_reserved OR (p_is_over AND m.is_held AND v_left = 0) THEN
    UPDATE messages SET reserved_micros = v_left, is_held = NOT p_is_over OR v_left > 0 WHERE id = p_message_id;
  END IF;
  v_days := v_days || m.spend_day;
  v_changes := v_changes || v_today + v_left - v_reserved;
  FOR a IN SELECT day, sum(change)::bigint AS change FROM unnest(v_days, v_changes) AS c(day, change)
      GROUP BY day HAVING sum(change) <> 0 ORDER BY day LOOP
    UPDATE spend_days SET held_micros = held_micros + a.change WHERE day = a.day;
  END LOOP;
END $$;

-- Up to p_limit messages that are due, now ours for p_lease_ms. A try whose process is gone may have sent the text.
-- is_follow_up: a provider took it before; settled: and there is nothing to follow up.
-- may_have_sent: providers whose text may still arrive; given_up: those whose network said that theirs will not.
CREATE OR REPLACE FUNCTION claim_messages(p_limit int, p_lease_ms int, p_most_silent int, p_at timestamptz) RETURNS TABLE (
  id uuid, verification_id uuid, phone_key bytea, phone_sealed bytea, key_version int, template text, expires_in_ms int,
  turn int, is_follow_up boolean, settled boolean, opted_out boolean, tries int, may_have_sent text[], given_up text[]
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
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.report IN ('failed', 'undelivered'));
  IF v_ended THEN
    FOREACH v_id IN ARRAY (SELECT array_agg(id ORDER BY id) FROM unnest(v_ids) AS id) LOOP PERFORM settle_cost(v_id, false); END LOOP;
  END IF;
END $$;

-- One more try of the caller of that turn: begun; lost: it is somebody else's, or nobody's any more (may_begin); or cost: the
-- day's budget has no room for p_need, what this try and one that may have to follow it cost at most.
CREATE FUNCTION begin_attempt(
  p_message_id uuid, p_turn int, p_attempt_id uuid, p_provider text, p_price bigint, p_need bigint, p_cap bigint, p_kept bigint,
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
  UPDATE messages SET stopped_by = NULL WHERE id = p_message_id AND stopped_by IS NOT NULL;
  INSERT INTO attempts (id, message_id, provider, started_at, follow_up, price_micros, spend_day)
    SELECT p_attempt_id, id, p_provider, v_at, followed_up, p_price, spend_day FROM messages WHERE id = p_message_id;
  RETURN 'begun';
END $$;

-- The same for the next try of who is at it, and what became of the one before. Locks the message before its attempt, as
-- whoever takes a report down does. What may be out is booked out of what was reserved, which has room for one more.
CREATE FUNCTION fail_over(
  p_ended_id uuid, p_outcome attempt_outcome, p_fault text, p_turn int, p_attempt_id uuid, p_provider text, p_price bigint,
  p_cap bigint, p_kept bigint, p_at timestamptz
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
  INSERT INTO attempts (id, message_id, provider, started_at, follow_up, price_micros, spend_day)
    SELECT p_attempt_id, id, p_provider, v_at, followed_up, p_price, spend_day FROM messages WHERE id = m.id;
  RETURN 'begun';
END $$;

-- What became of a message's last attempt (p_attempt_id null: there was none), and so of the message (p_status null: only
-- what the reports say); with p_again_ms it is looked at again: for another round, or because no report came by then.
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
  PERFORM settle_cost(p_message_id, v_status NOT IN ('queued', 'sending'));
END $$;

-- What a network said about one attempt: found by our id, by the provider's, or (p_phone_key) as the one try to this phone
-- of the last hour whose answer was lost. Only forward, whatever the order; a cost is booked once. A failure that another
-- provider may cure makes the message due at once, if it was not followed up before. Not known: no such attempt. moved_key:
-- whose hit moved to now, as in record_dispatch.
CREATE OR REPLACE FUNCTION record_report(
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
  n.reported_micros := greatest(a.reported_micros, p_cost_micros);

  -- What was told before tells nothing now.
  IF n IS DISTINCT FROM a THEN
    UPDATE attempts SET outcome = n.outcome, fault = n.fault, provider_message_id = n.provider_message_id, report = n.report,
        report_code = n.report_code, report_curable = n.report_curable, reported_at = n.reported_at, reported_micros = n.reported_micros
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
  IF n.outcome <> a.outcome OR n.reported_micros IS DISTINCT FROM a.reported_micros THEN
    SELECT * INTO m FROM messages WHERE id = m.id;
    PERFORM settle_cost(m.id, m.status NOT IN ('queued', 'sending'));
  END IF;
END $$;

DROP FUNCTION open_message;
DROP FUNCTION resend_verification;

-- A message claimed by the caller with its first attempt, before the POST; without an attempt (nobody may send now) it is
-- queued, to be claimed after p_lease_ms.
CREATE FUNCTION open_message(
  p_id uuid, p_verification_id uuid, p_phone_key bytea, p_phone_sealed bytea, p_key_version int, p_template text,
  p_expires_at timestamptz, p_lease_ms int, p_attempt_id uuid, p_provider text,
  p_country text, p_price bigint, p_reserve bigint, p_at timestamptz
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO messages (id, verification_id, phone_key, phone_sealed, key_version, template, status, lease_until,
                        created_at, updated_at, expires_at, country, reserved_micros, spend_day)
  VALUES (p_id, p_verification_id, p_phone_key, p_phone_sealed, p_key_version, p_template,
          CASE WHEN p_attempt_id IS NULL THEN 'queued' ELSE 'sending' END::message_status,
          p_at + make_interval(secs => p_lease_ms / 1000.0), p_at, p_at, p_expires_at,
          p_country, p_reserve, utc_day(p_at));
  IF p_attempt_id IS NOT NULL THEN
    INSERT INTO attempts (id, message_id, provider, started_at, price_micros, spend_day)
      VALUES (p_attempt_id, p_id, p_provider, p_at, p_price, utc_day(p_at));
  END IF;
END $$;

-- Refuses by the gate "cost" when the day's budget has no room for p_reserve, and then nothing was done.
-- ended says why there is nothing to resend: not_found, expired, exhausted or opted_out. refused_by 0 is the cool-down.
CREATE FUNCTION resend_verification(
  p_id uuid, p_cooldowns int[],
  p_message_id uuid, p_template text, p_lease_ms int, p_attempt_id uuid, p_provider text,
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
                       p_attempt_id, p_provider, p_country, p_price, p_reserve, v_at);
  IF NOT reserve_cost(v.phone_key, p_reserve, p_cap, p_kept, v_at) THEN PERFORM refuse('cost', cost_refusal(v_at)); END IF;
  purpose := v.purpose; channel := v.channel; locale := v.locale; phone_sealed := v.phone_sealed;
  key_version := v.key_version; code_length := v.code_length; checks := v.checks; max_checks := v.max_checks;
  created_at := v.created_at;
END $$;
