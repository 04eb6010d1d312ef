-- DropIndex
DROP INDEX "messages_status_lease_until_idx";

-- AlterTable
ALTER TABLE "attempts" ADD COLUMN     "cost_micros" BIGINT,
ADD COLUMN     "report" "message_status",
ADD COLUMN     "report_code" TEXT,
ADD COLUMN     "report_curable" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "reported_at" TIMESTAMPTZ(6);

-- AlterTable
ALTER TABLE "messages" ADD COLUMN     "followed_up" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "turn" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "opt_outs" (
    "phone_key" BYTEA NOT NULL,
    "source" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "opt_outs_pkey" PRIMARY KEY ("phone_key")
);

-- CreateTable
CREATE TABLE "report_sources" (
    "provider" TEXT NOT NULL,
    "last_at" TIMESTAMPTZ(6) NOT NULL,
    "silent" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "report_sources_pkey" PRIMARY KEY ("provider")
);

-- CreateIndex
CREATE INDEX "messages_lease_until_idx" ON "messages"("lease_until");

-- A message is looked at again when its lease_until is past, whatever its status: its process is gone (sending), its next
-- try is due (queued), or the network's word is missing or bad (accepted, sent: a follow-up, once). `turn` counts the
-- claims: who is not the last to have claimed begins no try.

-- opt-outs -------------------------------------------------------------------------------------------------------------

CREATE FUNCTION is_opted_out(p_key bytea, p_former bytea) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM opt_outs WHERE phone_key = p_key)
      OR (p_former IS NOT NULL AND EXISTS (SELECT 1 FROM opt_outs WHERE phone_key = p_former))
$$;

CREATE FUNCTION opt_out(p_key bytea, p_source text, p_at timestamptz) RETURNS void LANGUAGE sql AS $$
  INSERT INTO opt_outs (phone_key, source, created_at) VALUES (p_key, p_source, p_at) ON CONFLICT DO NOTHING
$$;

-- sms ------------------------------------------------------------------------------------------------------------------

-- How far along a status is. Reports come late, twice and in any order: only what is further along counts.
CREATE FUNCTION status_rank(p_status message_status) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE p_status WHEN 'unknown' THEN 1 WHEN 'accepted' THEN 2 WHEN 'sent' THEN 3 WHEN 'failed' THEN 4
    WHEN 'canceled' THEN 4 WHEN 'undelivered' THEN 5 WHEN 'delivered' THEN 6 ELSE 0 END
$$;

-- What the reports about its attempts say about a message; null while they say nothing. It has failed when none of the
-- texts that went out can arrive any more; curable says that another provider may do better.
CREATE FUNCTION reported_status(p_message_id uuid, OUT status message_status, OUT curable boolean) LANGUAGE sql STABLE AS $$
  SELECT CASE
      WHEN bool_or(report = 'delivered') THEN 'delivered'::message_status
      WHEN bool_and(report IN ('failed', 'undelivered')) THEN min(report)
      WHEN bool_or(report = 'sent') THEN 'sent'
    END, bool_or(report IN ('failed', 'undelivered') AND report_curable)
    FROM (SELECT coalesce(report, 'accepted') AS report, report_curable FROM attempts
      WHERE message_id = p_message_id AND outcome IN ('pending', 'accepted', 'unknown')) AS out
$$;

DROP FUNCTION claim_messages;
-- Up to p_limit messages that are due, now ours for p_lease_ms. A try whose process is gone may have sent the text.
-- may_have_sent: providers whose text may still arrive; given_up: those whose network said that theirs will not;
-- on_its_way: a network said that it has, or had, the text.
CREATE FUNCTION claim_messages(p_limit int, p_lease_ms int, p_at timestamptz) RETURNS TABLE (
  id uuid, verification_id uuid, phone_key bytea, phone_sealed bytea, key_version int, template text, expires_in_ms int,
  turn int, is_follow_up boolean, on_its_way boolean, opted_out boolean, tries int, may_have_sent text[], given_up text[]
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
BEGIN
  SELECT array_agg(due.id) INTO v_ids FROM (
    SELECT m.id FROM messages AS m WHERE m.lease_until <= v_at ORDER BY m.lease_until LIMIT p_limit FOR UPDATE SKIP LOCKED
  ) AS due;
  IF v_ids IS NULL THEN RETURN; END IF;
  UPDATE attempts SET outcome = 'unknown', fault = 'unconfirmed', ended_at = v_at
    WHERE message_id = ANY (v_ids) AND outcome = 'pending';
  -- Its provider is known to report, and did not in time.
  UPDATE report_sources SET silent = silent + 1 WHERE provider IN (
    SELECT a.provider FROM messages AS m JOIN attempts AS a ON a.message_id = m.id
      WHERE m.id = ANY (v_ids) AND NOT m.followed_up AND m.status = 'accepted' AND a.outcome = 'accepted' AND a.report IS NULL);
  RETURN QUERY
    UPDATE messages AS m SET turn = m.turn + 1, lease_until = v_at + make_interval(secs => p_lease_ms / 1000.0), updated_at = v_at,
        status = CASE m.status WHEN 'queued' THEN 'sending' ELSE m.status END,
        followed_up = m.followed_up OR m.status NOT IN ('queued', 'sending')
      WHERE m.id = ANY (v_ids)
      RETURNING m.id, m.verification_id, m.phone_key, m.phone_sealed, m.key_version, m.template,
        (extract(epoch FROM m.expires_at - v_at) * 1000)::int, m.turn, m.status <> 'sending',
        EXISTS (SELECT 1 FROM attempts AS a WHERE a.message_id = m.id AND a.report IN ('sent', 'delivered')),
        is_opted_out(m.phone_key, NULL),
        (SELECT count(*)::int FROM attempts AS a WHERE a.message_id = m.id),
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.outcome IN ('accepted', 'unknown')
          AND coalesce(a.report, 'accepted') NOT IN ('failed', 'undelivered')),
        ARRAY(SELECT a.provider FROM attempts AS a WHERE a.message_id = m.id AND a.report IN ('failed', 'undelivered'));
END $$;

-- Whether the caller of that turn may still begin a try: nobody else has claimed the message, the text has not arrived,
-- and somebody still waits for it.
CREATE FUNCTION may_begin(p_message_id uuid, p_turn int, p_at timestamptz) RETURNS boolean LANGUAGE sql AS $$
  SELECT EXISTS (SELECT 1 FROM messages AS m LEFT JOIN verifications AS v ON v.id = m.verification_id
    WHERE m.id = p_message_id AND m.turn = p_turn AND m.lease_until > p_at AND m.status <> 'delivered'
      AND (v.id IS NULL OR v.status = 'pending')
    FOR NO KEY UPDATE OF m)
$$;

DROP FUNCTION record_dispatch;
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
  IF a.report IS NOT NULL OR p_status IS NULL OR m.followed_up THEN
    SELECT * INTO r FROM reported_status(p_message_id);
    v_follow_up := r.status IN ('failed', 'undelivered') AND r.curable AND NOT m.followed_up AND m.expires_at > v_at;
    IF NOT v_follow_up AND status_rank(r.status) > status_rank(v_status) THEN v_status := r.status; END IF;
  END IF;
  UPDATE messages SET status = v_status, updated_at = v_at,
      lease_until = CASE
        WHEN v_follow_up THEN v_at
        WHEN p_status = 'accepted' AND (m.followed_up OR v_status <> 'accepted') THEN NULL
        WHEN p_status = 'queued' AND NOT (m.followed_up OR v_status = 'queued') THEN NULL
        WHEN status_rank(v_status) <= status_rank('sent') THEN v_at + make_interval(secs => p_again_ms / 1000.0) END
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
    RETURN QUERY SELECT m.phone_key, m.created_at, NULL::timestamptz;
  -- The hit was taken before the text went out, but it is from then on that the network counts.
  ELSIF p_status IN ('accepted', 'unknown') AND NOT m.followed_up THEN
    UPDATE limit_windows SET hits = ARRAY(SELECT hit FROM unnest(array_replace(hits, m.created_at, v_at)) AS hit ORDER BY hit)
      WHERE key = m.phone_key;
    RETURN QUERY SELECT m.phone_key, m.created_at, v_at;
  END IF;
END $$;

-- What a network said about one attempt: found by our id, by the provider's, or (p_phone_key) as the one try to this phone
-- of the last hour whose answer was lost. Only forward, whatever the order; a cost is booked once. A failure that another
-- provider may cure makes the message due at once, if it was not followed up before. False: no such attempt.
CREATE FUNCTION record_report(
  p_provider text, p_attempt_id uuid, p_provider_message_id text, p_phone_key bytea,
  p_status message_status, p_code text, p_curable boolean, p_opted_out boolean, p_cost_micros bigint, p_at timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  m messages%ROWTYPE;
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_ids uuid[];
  v_status message_status;
  r record;
  v_due boolean;
BEGIN
  IF p_attempt_id IS NOT NULL THEN
    v_ids := ARRAY(SELECT id FROM attempts WHERE id = p_attempt_id AND provider = p_provider);
  ELSE
    v_ids := ARRAY(SELECT id FROM attempts WHERE provider = p_provider AND provider_message_id = p_provider_message_id);
    IF v_ids = '{}' AND p_phone_key IS NOT NULL THEN
      v_ids := ARRAY(SELECT a.id FROM verifications AS v JOIN messages AS o ON o.verification_id = v.id JOIN attempts AS a ON a.message_id = o.id
        WHERE v.phone_key = p_phone_key AND v.created_at > v_at - interval '2 hours' AND a.started_at > v_at - interval '1 hour'
          AND a.provider = p_provider AND a.outcome IN ('pending', 'unknown') AND a.provider_message_id IS NULL);
    END IF;
  END IF;
  IF cardinality(v_ids) <> 1 THEN RETURN false; END IF;

  SELECT messages.* INTO m FROM messages JOIN attempts ON attempts.message_id = messages.id
    WHERE attempts.id = v_ids[1] FOR UPDATE OF messages;
  UPDATE attempts SET
      outcome = 'accepted', fault = NULL,
      provider_message_id = coalesce(provider_message_id, p_provider_message_id),
      report = CASE WHEN status_rank(p_status) > coalesce(status_rank(report), 0) THEN p_status ELSE report END,
      -- Of two that are equally far along, the same code stays whichever came first.
      report_code = CASE WHEN status_rank(p_status) > coalesce(status_rank(report), 0) THEN p_code
        WHEN p_status = report THEN greatest(report_code, p_code) ELSE report_code END,
      report_curable = CASE WHEN status_rank(p_status) > coalesce(status_rank(report), 0) THEN p_curable
        WHEN p_status = report THEN report_curable AND p_curable ELSE report_curable END,
      reported_at = least(reported_at, v_at),
      cost_micros = greatest(cost_micros, p_cost_micros)
    WHERE id = v_ids[1];

  IF p_opted_out THEN PERFORM opt_out(m.phone_key, p_provider, v_at); END IF;
  SELECT * INTO r FROM reported_status(m.id);
  v_status := r.status;
  v_due := false;
  IF v_status IN ('failed', 'undelivered') THEN
    v_due := r.curable AND NOT m.followed_up AND m.expires_at > v_at AND m.status IN ('unknown', 'accepted', 'sent');
    -- Not before the other provider has had its try; who is at it will tell.
    IF v_due THEN v_status := 'sent';
    ELSIF m.lease_until IS NOT NULL THEN v_status := NULL; END IF;
  END IF;
  UPDATE messages SET updated_at = v_at,
      status = CASE WHEN status_rank(v_status) > status_rank(status) THEN v_status
        WHEN status = 'unknown' THEN 'accepted' ELSE status END,
      lease_until = CASE WHEN v_due THEN v_at
        WHEN v_status = 'delivered' OR (v_status = 'sent' AND status = 'accepted' AND NOT followed_up) THEN NULL
        ELSE lease_until END
    WHERE id = m.id AND (v_due OR status = 'unknown' OR status_rank(v_status) > status_rank(status));

  INSERT INTO report_sources (provider, last_at) VALUES (p_provider, v_at)
    ON CONFLICT (provider) DO UPDATE SET last_at = excluded.last_at, silent = 0
    WHERE report_sources.silent > 0 OR report_sources.last_at < excluded.last_at - interval '10 seconds';
  RETURN true;
END $$;

-- verification ---------------------------------------------------------------------------------------------------------

DROP FUNCTION start_verification;
-- p_quotas null: the hit was taken elsewhere.
CREATE FUNCTION start_verification(
  p_id uuid, p_purpose text, p_channel text, p_locale text, p_phone_key bytea, p_phone_sealed bytea, p_key_version int,
  p_code_length int, p_max_checks int, p_ttl_secs int, p_cooldown_secs int,
  p_message_id uuid, p_template text, p_lease_ms int, p_attempt_id uuid, p_provider text,
  p_quotas int[], p_secs int[], p_at timestamptz, p_former_key bytea,
  OUT opted_out boolean, OUT refused_by int, OUT retry_after int, OUT remaining int[], OUT resets int[],
  OUT created_at timestamptz, OUT expires_at timestamptz, OUT next_send_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
  opted_out := is_opted_out(p_phone_key, p_former_key);
  IF opted_out THEN RETURN; END IF;
  IF p_quotas IS NULL THEN
    created_at := coalesce(p_at, clock_timestamp());
  ELSE
    SELECT h.refused_by, h.retry_after, h.remaining, h.resets, h.hit_at
      INTO refused_by, retry_after, remaining, resets, created_at
      FROM take_hit(p_phone_key, p_quotas, p_secs, p_at, p_former_key) AS h;
    IF refused_by IS NOT NULL THEN RETURN; END IF;
  END IF;
  expires_at := created_at + make_interval(secs => p_ttl_secs);
  next_send_at := created_at + make_interval(secs => p_cooldown_secs);
  INSERT INTO verifications (id, purpose, channel, locale, phone_key, phone_sealed, key_version, code_length, max_checks,
                             created_at, expires_at, next_send_at)
  VALUES (p_id, p_purpose, p_channel, p_locale, p_phone_key, p_phone_sealed, p_key_version, p_code_length, p_max_checks,
          created_at, expires_at, next_send_at);
  PERFORM open_message(p_message_id, p_id, p_phone_key, p_phone_sealed, p_key_version, p_template, expires_at, p_lease_ms,
                       p_attempt_id, p_provider, created_at);
END $$;

-- ended says why there is nothing to resend: not_found, expired, exhausted or opted_out. refused_by 0 is the cool-down.
CREATE OR REPLACE FUNCTION resend_verification(
  p_id uuid, p_cooldowns int[],
  p_message_id uuid, p_template text, p_lease_ms int, p_attempt_id uuid, p_provider text,
  p_quotas int[], p_secs int[], p_at timestamptz,
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
                WHEN is_opted_out(v.phone_key, NULL) THEN 'opted_out' END;
  expires_at := v.expires_at;
  phone_key := v.phone_key;
  IF ended IS NOT NULL THEN RETURN; END IF;
  IF v.next_send_at > v_at THEN
    refused_by := 0;
    retry_after := greatest(ceil(extract(epoch FROM v.next_send_at - v_at)), 1);
    SELECT s.remaining, s.resets INTO remaining, resets
      FROM limit_windows AS w, LATERAL window_state(w.hits, p_quotas, p_secs, v_at) AS s WHERE w.key = v.phone_key;
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
                       p_attempt_id, p_provider, v_at);
  purpose := v.purpose; channel := v.channel; locale := v.locale; phone_sealed := v.phone_sealed;
  key_version := v.key_version; code_length := v.code_length; checks := v.checks; max_checks := v.max_checks;
  created_at := v.created_at;
END $$;
