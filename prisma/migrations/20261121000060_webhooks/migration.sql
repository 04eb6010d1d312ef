-- What operators' own servers are told. An event comes into being in the transaction of the change that it tells, by a trigger,
-- and only if some endpoint wants it. No foreign keys here: a key-share lock on an endpoint's row would be one lock that
-- every start and check has in common, and deleting an endpoint would wait for them, and they for it.

CREATE TYPE "webhook_delivery_status" AS ENUM ('pending', 'delivered', 'failed');

CREATE TABLE "webhook_endpoints" (
    "id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "events" TEXT[],
    "description" TEXT,
    "secret_sealed" BYTEA NOT NULL,
    "key_version" INTEGER NOT NULL,
    "former_sealed" BYTEA,
    "former_key_version" INTEGER,
    "former_until" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "failing_since" TIMESTAMPTZ(6),
    "disabled_at" TIMESTAMPTZ(6),
    "disabled_reason" TEXT,

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook_events" (
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "subject_id" UUID,
    "data" JSONB NOT NULL,
    "occurred_at" TIMESTAMPTZ(6) NOT NULL,
    "body" TEXT,

    CONSTRAINT "webhook_events_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "webhook_deliveries" (
    "id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "status" "webhook_delivery_status" NOT NULL DEFAULT 'pending',
    "tries" INTEGER NOT NULL DEFAULT 0,
    "turn" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(6),
    "lease_until" TIMESTAMPTZ(6),
    "last_status" INTEGER,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "delivered_at" TIMESTAMPTZ(6),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "webhook_events_subject_id_type_key" ON "webhook_events"("subject_id", "type");
CREATE INDEX "webhook_events_occurred_at_idx" ON "webhook_events"("occurred_at");
CREATE UNIQUE INDEX "webhook_deliveries_event_id_endpoint_id_key" ON "webhook_deliveries"("event_id", "endpoint_id");
CREATE INDEX "webhook_deliveries_endpoint_id_next_at_idx" ON "webhook_deliveries"("endpoint_id", "next_at");
CREATE INDEX "webhook_deliveries_endpoint_id_created_at_idx" ON "webhook_deliveries"("endpoint_id", "created_at");

-- One event, and one delivery of it to each endpoint that wants it; to p_endpoint alone, where one is given. The event's id;
-- null when nobody wants it, or it was told before: about one subject a type is told once. p_data holds no phone and no code.
CREATE FUNCTION tell_webhooks(p_type text, p_subject uuid, p_data jsonb, p_at timestamptz, p_endpoint uuid DEFAULT NULL)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_endpoints uuid[];
  v_id uuid;
BEGIN
  v_endpoints := ARRAY(SELECT id FROM webhook_endpoints WHERE disabled_at IS NULL
    AND CASE WHEN p_endpoint IS NULL THEN cardinality(events) = 0 OR p_type = ANY (events) ELSE id = p_endpoint END);
  IF v_endpoints = '{}' THEN RETURN NULL; END IF;
  INSERT INTO webhook_events (id, type, subject_id, data, occurred_at) VALUES (gen_random_uuid(), p_type, p_subject, p_data, v_at)
    ON CONFLICT (subject_id, type) DO NOTHING RETURNING id INTO v_id;
  IF v_id IS NULL THEN RETURN NULL; END IF;
  INSERT INTO webhook_deliveries (id, endpoint_id, event_id, next_at, created_at)
    SELECT gen_random_uuid(), endpoint, v_id, v_at, v_at FROM unnest(v_endpoints) AS endpoint;
  RETURN v_id;
END $$;

-- Its provider is the one whose word made the status, else the last that was tried.
CREATE FUNCTION tell_of_message() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_data jsonb;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL
      AND (cardinality(events) = 0 OR 'message.' || NEW.status = ANY (events))) THEN
    RETURN NULL;
  END IF;
  SELECT jsonb_strip_nulls(jsonb_build_object('messageId', NEW.id, 'verificationId', NEW.verification_id, 'status', NEW.status,
      'channel', coalesce(v.channel, 'sms'), 'purpose', v.purpose, 'provider', a.provider,
      'fault', CASE WHEN NEW.status IN ('failed', 'unknown') THEN a.fault END,
      'reportCode', CASE WHEN NEW.status IN ('failed', 'undelivered') THEN a.report_code END))
    INTO v_data
    FROM (SELECT 1) AS always LEFT JOIN verifications AS v ON v.id = NEW.verification_id
      LEFT JOIN LATERAL (SELECT provider, fault, report_code FROM attempts WHERE message_id = NEW.id
        ORDER BY report IS NOT DISTINCT FROM NEW.status DESC, outcome = 'accepted' DESC, started_at DESC LIMIT 1) AS a ON true;
  PERFORM tell_webhooks('message.' || NEW.status, NEW.id, v_data, NEW.updated_at);
  RETURN NULL;
END $$;

CREATE FUNCTION tell_of_verification() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE disabled_at IS NULL
      AND (cardinality(events) = 0 OR 'verification.' || NEW.status = ANY (events))) THEN
    RETURN NULL;
  END IF;
  PERFORM tell_webhooks('verification.' || NEW.status, NEW.id, jsonb_build_object('verificationId', NEW.id,
    'status', NEW.status, 'purpose', NEW.purpose, 'channel', NEW.channel), NEW.ended_at);
  RETURN NULL;
END $$;

-- A statement that does not name the status, such as a counted guess, does not even look at these.
CREATE TRIGGER tell_of_message AFTER UPDATE OF status ON messages FOR EACH ROW
  WHEN (OLD.status <> NEW.status AND NEW.status <> 'queued' AND NEW.status <> 'sending') EXECUTE FUNCTION tell_of_message();
CREATE TRIGGER tell_of_verification AFTER UPDATE OF status ON verifications FOR EACH ROW
  WHEN (OLD.status <> NEW.status AND NEW.status <> 'pending') EXECUTE FUNCTION tell_of_verification();

-- Deliveries that are due, now the caller's for p_lease_ms: of every endpoint at most p_most, less those of p_busy that the
-- caller has under way (one element each). So an endpoint that hangs holds up nobody else. What was claimed and not recorded is due again
-- when its lease runs out. The phone is that of the subject, while there is one.
CREATE FUNCTION claim_webhooks(p_most int, p_busy uuid[], p_lease_ms int, p_at timestamptz) RETURNS TABLE (
  id uuid, turn int, tries int, endpoint_id uuid, url text, secret_sealed bytea, secret_version int, former_sealed bytea, former_version int,
  event_id uuid, type text, data jsonb, occurred_at timestamptz, body text, phone_key bytea, phone_sealed bytea, key_version int
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_until timestamptz := v_at + make_interval(secs => p_lease_ms / 1000.0);
  v_ids uuid[];
BEGIN
  v_ids := ARRAY(SELECT due.id FROM webhook_endpoints AS e CROSS JOIN LATERAL (
      SELECT d.id FROM webhook_deliveries AS d WHERE d.endpoint_id = e.id AND d.next_at <= v_at ORDER BY d.next_at
        LIMIT greatest(p_most - cardinality(array_positions(p_busy, e.id)), 0) FOR UPDATE SKIP LOCKED
    ) AS due WHERE e.disabled_at IS NULL);
  IF v_ids = '{}' THEN RETURN; END IF;
  RETURN QUERY
    WITH ours AS (
      UPDATE webhook_deliveries AS d SET tries = d.tries + 1, turn = d.turn + 1, next_at = v_until, lease_until = v_until
        WHERE d.id = ANY (v_ids) RETURNING d.id, d.turn, d.tries, d.endpoint_id, d.event_id
    )
    SELECT o.id, o.turn, o.tries, o.endpoint_id, e.url, e.secret_sealed, e.key_version,
        CASE WHEN e.former_until > v_at THEN e.former_sealed END, e.former_key_version,
        n.id, n.type, n.data, n.occurred_at, n.body, p.phone_key, p.phone_sealed, p.key_version
      FROM ours AS o JOIN webhook_endpoints AS e ON e.id = o.endpoint_id JOIN webhook_events AS n ON n.id = o.event_id
        LEFT JOIN LATERAL (
          SELECT m.phone_key, m.phone_sealed, m.key_version FROM messages AS m WHERE n.body IS NULL AND m.id = n.subject_id
          UNION ALL
          SELECT v.phone_key, v.phone_sealed, v.key_version FROM verifications AS v WHERE n.body IS NULL AND v.id = n.subject_id
          LIMIT 1) AS p ON true;
END $$;

-- What became of one try. With p_retry_ms there will be another, without there is none. Who is not the last to have claimed it
-- can only say that it was delivered. disabled: why its endpoint gets nothing more, if this try was the reason: it
-- said that it is gone (p_gone), or every try has failed since p_patience_secs ago.
CREATE FUNCTION record_webhook(
  p_id uuid, p_turn int, p_delivered boolean, p_status int, p_error text, p_retry_ms bigint, p_gone boolean, p_patience_secs int,
  p_at timestamptz
) RETURNS TABLE (endpoint_id uuid, disabled text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_endpoint uuid;
  v_reason text;
BEGIN
  UPDATE webhook_deliveries AS d SET last_status = p_status, last_error = p_error, lease_until = NULL,
      status = CASE WHEN p_delivered THEN 'delivered' WHEN p_retry_ms IS NULL THEN 'failed' ELSE 'pending' END::webhook_delivery_status,
      next_at = CASE WHEN NOT p_delivered THEN v_at + make_interval(secs => p_retry_ms / 1000.0) END,
      delivered_at = CASE WHEN p_delivered THEN v_at END
    WHERE d.id = p_id AND d.status = 'pending' AND (d.turn = p_turn OR p_delivered) RETURNING d.endpoint_id INTO v_endpoint;
  IF v_endpoint IS NULL THEN RETURN; END IF;
  -- Each of these touches the row only when it has to.
  IF p_delivered THEN
    UPDATE webhook_endpoints SET failing_since = NULL WHERE id = v_endpoint AND failing_since IS NOT NULL;
  ELSE
    UPDATE webhook_endpoints SET failing_since = v_at WHERE id = v_endpoint AND failing_since IS NULL;
    UPDATE webhook_endpoints SET disabled_at = v_at, disabled_reason = CASE WHEN p_gone THEN 'gone' ELSE 'failing' END
      WHERE id = v_endpoint AND disabled_at IS NULL AND (p_gone OR failing_since <= v_at - make_interval(secs => p_patience_secs))
      RETURNING disabled_reason INTO v_reason;
  END IF;
  RETURN QUERY SELECT v_endpoint, v_reason;
END $$;

-- Up to p_limit events older than p_secs, with their deliveries. How many events went.
CREATE FUNCTION prune_webhooks(p_limit int, p_secs int, p_at timestamptz) RETURNS int LANGUAGE sql AS $$
  WITH old AS (
    DELETE FROM webhook_events WHERE id = ANY (ARRAY(SELECT id FROM webhook_events
      WHERE occurred_at < coalesce(p_at, clock_timestamp()) - make_interval(secs => p_secs)
      ORDER BY occurred_at LIMIT p_limit FOR UPDATE SKIP LOCKED)) RETURNING id
  ), gone AS (
    DELETE FROM webhook_deliveries WHERE event_id IN (SELECT id FROM old)
  )
  SELECT count(*)::int FROM old
$$;

-- For whoever erases what is known of a phone: all that was to be told, or was told, about these messages and verifications.
CREATE FUNCTION forget_webhooks(p_subjects uuid[]) RETURNS void LANGUAGE sql AS $$
  WITH gone AS (DELETE FROM webhook_events WHERE subject_id = ANY (p_subjects) RETURNING id)
  DELETE FROM webhook_deliveries WHERE event_id IN (SELECT id FROM gone)
$$;
