-- CreateTable
CREATE TABLE "users" (
    "id" UUID NOT NULL,
    "phone_key" BYTEA NOT NULL,
    "phone_sealed" BYTEA NOT NULL,
    "key_version" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "phone_changed_at" TIMESTAMPTZ(6),

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id" UUID NOT NULL,
    "user_id" UUID NOT NULL,
    "client" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "refreshed_at" TIMESTAMPTZ(6) NOT NULL,
    "idle_at" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "revoked_at" TIMESTAMPTZ(6),
    "revoked_because" TEXT,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "refresh_tokens" (
    "hash" BYTEA NOT NULL,
    "session_id" UUID NOT NULL,
    "used_at" TIMESTAMPTZ(6),

    CONSTRAINT "refresh_tokens_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "step_ups" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "action" TEXT NOT NULL,
    "context" TEXT,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "approved_at" TIMESTAMPTZ(6),
    "redeemed_at" TIMESTAMPTZ(6),

    CONSTRAINT "step_ups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "phone_changes" (
    "id" UUID NOT NULL,
    "session_id" UUID NOT NULL,
    "current_id" UUID NOT NULL,
    "new_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "done_at" TIMESTAMPTZ(6),

    CONSTRAINT "phone_changes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "users_phone_key_key" ON "users"("phone_key");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE INDEX "sessions_expires_at_idx" ON "sessions"("expires_at");

-- CreateIndex
CREATE INDEX "refresh_tokens_session_id_used_at_idx" ON "refresh_tokens"("session_id", "used_at");

-- CreateIndex
CREATE INDEX "step_ups_session_id_idx" ON "step_ups"("session_id");

-- CreateIndex
CREATE INDEX "step_ups_expires_at_idx" ON "step_ups"("expires_at");

-- CreateIndex
CREATE INDEX "phone_changes_session_id_idx" ON "phone_changes"("session_id");

-- CreateIndex
CREATE INDEX "phone_changes_expires_at_idx" ON "phone_changes"("expires_at");

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "refresh_tokens" ADD CONSTRAINT "refresh_tokens_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "step_ups" ADD CONSTRAINT "step_ups_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "phone_changes" ADD CONSTRAINT "phone_changes_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "sessions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Held until the statement ends by whoever gives a number to a user or takes one from a user, before any row is locked. A unique index alone would
-- not do: during a change of secrets one number has two keys.
CREATE FUNCTION lock_user_phones() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(6017, 1) $$;

-- Whose number it is, with the row locked, so that the number cannot move to somebody else meanwhile.
CREATE FUNCTION user_with_phone(p_key bytea, p_former bytea) RETURNS SETOF users LANGUAGE sql AS $$
  SELECT * FROM users WHERE phone_key IN (p_key, p_former, key_now(p_key)) FOR UPDATE
$$;

CREATE FUNCTION is_live(p_session sessions, p_at timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT p_session.revoked_at IS NULL AND p_session.idle_at > p_at AND p_session.expires_at > p_at
$$;

-- Ends the sessions of a user: one, or all but one, or all. How many it were.
CREATE FUNCTION revoke_sessions(p_user uuid, p_only uuid, p_but uuid, p_because text, p_at timestamptz) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_ids uuid[] := ARRAY(
    SELECT id FROM sessions WHERE user_id = p_user AND (p_only IS NULL OR id = p_only) AND id IS DISTINCT FROM p_but
      ORDER BY id FOR UPDATE);
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_count int;
BEGIN
  UPDATE sessions SET revoked_at = v_at, revoked_because = p_because WHERE id = ANY (v_ids) AND is_live(sessions, v_at);
  GET DIAGNOSTICS v_count = ROW_COUNT;
  RETURN v_count;
END $$;

-- Finds or makes the user of a number that was just proven to be held, and opens a session. p_former is the number's key under
-- the previous secret: a user found by it goes on under the present one.
CREATE FUNCTION sign_in(
  p_key bytea, p_former bytea, p_sealed bytea, p_version int, p_user uuid, p_session uuid, p_client text, p_hash bytea,
  p_life_secs int, p_idle_secs int, p_at timestamptz,
  OUT user_id uuid, OUT is_new boolean, OUT refresh_secs int, OUT at timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v users%ROWTYPE;
BEGIN
  is_new := false;
  IF p_former IS NULL THEN SELECT * INTO v FROM user_with_phone(p_key, NULL); END IF;
  IF v.id IS NULL THEN
    PERFORM lock_user_phones();
    IF p_former IS NOT NULL THEN PERFORM adopt_phone(p_key, p_former); END IF;
    SELECT * INTO v FROM user_with_phone(p_key, p_former);
  END IF;
  at := coalesce(p_at, clock_timestamp());
  IF v.id IS NULL THEN
    INSERT INTO users (id, phone_key, phone_sealed, key_version, created_at) VALUES (p_user, p_key, p_sealed, p_version, at)
      RETURNING * INTO v;
    is_new := true;
  ELSIF v.phone_key = p_former AND key_now(p_key) = p_key THEN
    UPDATE users SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version WHERE id = v.id;
  END IF;
  user_id := v.id;
  refresh_secs := least(p_life_secs, p_idle_secs);
  INSERT INTO sessions (id, user_id, client, created_at, refreshed_at, idle_at, expires_at)
    VALUES (p_session, v.id, p_client, at, at, at + make_interval(secs => p_idle_secs), at + make_interval(secs => p_life_secs));
  INSERT INTO refresh_tokens (hash, session_id) VALUES (p_hash, p_session);
  -- Two go for each that comes, so what has ended never piles up.
  DELETE FROM sessions WHERE id = ANY (ARRAY(
    SELECT id FROM sessions WHERE expires_at <= at ORDER BY expires_at LIMIT 2 FOR UPDATE SKIP LOCKED
  ));
END $$;

-- Takes one refresh token for the next. state: refreshed, unknown, ended, or reused: then the session is revoked, and revoked_now says
-- whether by this call. Whoever changes a session's tokens has locked the session.
CREATE FUNCTION refresh_session(
  p_hash bytea, p_next bytea, p_idle_secs int, p_at timestamptz,
  OUT state text, OUT revoked_now boolean, OUT session_id uuid, OUT user_id uuid, OUT signed_in_at timestamptz,
  OUT refresh_secs int, OUT at timestamptz
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v sessions%ROWTYPE;
  v_used_at timestamptz;
BEGIN
  state := 'unknown';
  revoked_now := false;
  SELECT * INTO v FROM sessions WHERE id = (SELECT session_id FROM refresh_tokens WHERE hash = p_hash) FOR UPDATE;
  IF NOT FOUND THEN RETURN; END IF;
  SELECT used_at INTO v_used_at FROM refresh_tokens WHERE hash = p_hash;
  IF NOT FOUND THEN RETURN; END IF;
  at := coalesce(p_at, clock_timestamp());
  session_id := v.id;
  user_id := v.user_id;
  signed_in_at := v.created_at;
  IF v_used_at IS NOT NULL THEN
    state := 'reused';
    revoked_now := is_live(v, at);
    IF revoked_now THEN UPDATE sessions SET revoked_at = at, revoked_because = 'refresh-token-reuse' WHERE id = v.id; END IF;
    RETURN;
  END IF;
  state := 'ended';
  IF NOT is_live(v, at) THEN RETURN; END IF;
  state := 'refreshed';
  UPDATE refresh_tokens SET used_at = at WHERE hash = p_hash;
  INSERT INTO refresh_tokens (hash, session_id) VALUES (p_next, v.id);
  UPDATE sessions SET refreshed_at = at, idle_at = least(at + make_interval(secs => p_idle_secs), expires_at) WHERE id = v.id;
  refresh_secs := least(p_idle_secs, floor(extract(epoch FROM v.expires_at - at)));
  -- One that was used longer ago than a session may idle is refused all the same, as unknown.
  DELETE FROM refresh_tokens WHERE hash = ANY (ARRAY(
    SELECT hash FROM refresh_tokens WHERE session_id = v.id AND used_at < at - make_interval(secs => p_idle_secs) ORDER BY used_at LIMIT 2
  ));
END $$;

-- Moves a user to a number, after both numbers were proven. outcome: changed, taken (another user has it), or ended (the session, the
-- change, or the user's former number is not what it was). Every other session of the user ends.
CREATE FUNCTION change_phone(
  p_change uuid, p_session uuid, p_current bytea, p_current_former bytea,
  p_key bytea, p_former bytea, p_sealed bytea, p_version int, p_at timestamptz,
  OUT outcome text, OUT revoked int
) LANGUAGE plpgsql AS $$
DECLARE
  v_user users%ROWTYPE;
  v_session sessions%ROWTYPE;
  v_at timestamptz;
BEGIN
  outcome := 'ended';
  PERFORM lock_user_phones();
  SELECT users.* INTO v_user FROM users JOIN sessions ON sessions.user_id = users.id WHERE sessions.id = p_session FOR UPDATE OF users;
  SELECT * INTO v_session FROM sessions WHERE id = p_session FOR UPDATE;
  v_at := coalesce(p_at, clock_timestamp());
  IF v_user.id IS NULL OR NOT is_live(v_session, v_at) THEN RETURN; END IF;
  IF v_user.phone_key NOT IN (p_current, coalesce(p_current_former, p_current), key_now(p_current)) THEN RETURN; END IF;
  IF p_former IS NOT NULL THEN PERFORM adopt_phone(p_key, p_former); END IF;
  IF EXISTS (SELECT 1 FROM user_with_phone(p_key, p_former) AS other WHERE other.id <> v_user.id) THEN
    outcome := 'taken';
    RETURN;
  END IF;
  UPDATE phone_changes SET done_at = v_at WHERE id = p_change AND session_id = p_session AND done_at IS NULL;
  IF NOT FOUND THEN RETURN; END IF;
  UPDATE users SET phone_key = p_key, phone_sealed = p_sealed, key_version = p_version, phone_changed_at = v_at WHERE id = v_user.id;
  revoked := revoke_sessions(v_user.id, NULL, p_session, 'phone-change', v_at);
  outcome := 'changed';
END $$;

-- CreateTable
CREATE TABLE "address_phones" (
    "address_key" BYTEA NOT NULL,
    "phone_key" BYTEA NOT NULL,
    "last_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "address_phones_pkey" PRIMARY KEY ("address_key","phone_key")
);

-- CreateIndex
CREATE INDEX "address_phones_last_at_idx" ON "address_phones"("last_at");

-- At most p_quota different phones for one address in any p_secs. retry_after: null when admitted, else seconds; then nothing is written.
-- The former keys are those under the previous secret.
CREATE FUNCTION admit_address_phone(
  p_address bytea, p_former_address bytea, p_phone bytea, p_former_phone bytea, p_quota int, p_secs int, p_at timestamptz,
  OUT retry_after int
) LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz;
  v_opens timestamptz;
BEGIN
  -- In one order for all, whichever secret is the former one to them.
  PERFORM pg_advisory_xact_lock(6018, hashtext(encode(least(p_address, p_former_address), 'hex')));
  PERFORM pg_advisory_xact_lock(6018, hashtext(encode(greatest(p_address, p_former_address), 'hex')));
  v_at := coalesce(p_at, clock_timestamp());
  IF NOT EXISTS (SELECT 1 FROM address_phones WHERE address_key IN (p_address, p_former_address)
      AND phone_key IN (p_phone, p_former_phone) AND last_at > v_at - make_interval(secs => p_secs)) THEN
    SELECT last_at + make_interval(secs => p_secs) INTO v_opens FROM address_phones
      WHERE address_key IN (p_address, p_former_address) AND last_at > v_at - make_interval(secs => p_secs)
      ORDER BY last_at DESC OFFSET p_quota - 1 LIMIT 1;
    IF FOUND THEN
      retry_after := greatest(ceil(extract(epoch FROM v_opens - v_at)), 1);
      RETURN;
    END IF;
  END IF;
  DELETE FROM address_phones WHERE address_key IN (p_address, p_former_address) AND phone_key IN (p_phone, p_former_phone);
  INSERT INTO address_phones (address_key, phone_key, last_at) VALUES (p_address, p_phone, v_at);
  -- Two go for each that comes, so what is too old never piles up.
  DELETE FROM address_phones WHERE (address_key, phone_key) IN (
    SELECT address_key, phone_key FROM address_phones WHERE last_at <= v_at - make_interval(secs => p_secs)
      ORDER BY last_at LIMIT 2 FOR UPDATE SKIP LOCKED);
END $$;
