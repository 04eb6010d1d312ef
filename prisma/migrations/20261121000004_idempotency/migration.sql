-- AlterTable
ALTER TABLE "verifications" ADD COLUMN     "approved_by" UUID;

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "key" BYTEA NOT NULL,
    "request" BYTEA NOT NULL,
    "seed" UUID NOT NULL,
    "holder" UUID NOT NULL,
    "lease_until" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "key_version" INTEGER,
    "answer_sealed" BYTEA,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE INDEX "idempotency_keys_expires_at_idx" ON "idempotency_keys"("expires_at");

-- Whose turn a request with an Idempotency-Key is. state: ours (run it), running (somebody else does), mismatch (the key
-- came with another request) or answered. p_run names this execution; the first one's name is the seed of all that follow.
-- p_former_... are the same hashes under the previous secret.
CREATE FUNCTION claim_idempotency_key(
  p_key bytea, p_former_key bytea, p_request bytea, p_former_request bytea, p_run uuid, p_lease_ms int, p_at timestamptz,
  OUT state text, OUT key bytea, OUT seed uuid, OUT key_version int, OUT answer_sealed bytea
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v idempotency_keys%ROWTYPE;
  v_at timestamptz;
  v_lease interval := make_interval(secs => p_lease_ms / 1000.0);
BEGIN
  LOOP
    SELECT * INTO v FROM idempotency_keys WHERE key IN (p_key, p_former_key) FOR UPDATE;
    v_at := coalesce(p_at, clock_timestamp());
    EXIT WHEN v.expires_at > v_at;
    DELETE FROM idempotency_keys WHERE key = v.key;
    INSERT INTO idempotency_keys (key, request, seed, holder, lease_until, expires_at)
      VALUES (p_key, p_request, p_run, p_run, v_at + v_lease, v_at + interval '24 hours')
      ON CONFLICT (key) DO NOTHING RETURNING * INTO v;
    CONTINUE WHEN NOT FOUND; -- another caller made the row meanwhile
    -- Two go for each that comes, so what has expired never piles up.
    DELETE FROM idempotency_keys WHERE key = ANY (ARRAY(
      SELECT key FROM idempotency_keys WHERE expires_at <= v_at ORDER BY expires_at LIMIT 2 FOR UPDATE SKIP LOCKED
    ));
    EXIT;
  END LOOP;
  state := CASE WHEN v.request <> p_request AND v.request IS DISTINCT FROM p_former_request THEN 'mismatch'
                WHEN v.answer_sealed IS NOT NULL THEN 'answered'
                WHEN v.holder <> p_run AND v.lease_until > v_at THEN 'running'
                ELSE 'ours' END;
  IF state = 'ours' AND v.holder <> p_run THEN
    UPDATE idempotency_keys SET holder = p_run, lease_until = v_at + v_lease WHERE key = v.key;
  END IF;
  key := v.key; seed := v.seed; key_version := v.key_version; answer_sealed := v.answer_sealed;
END $$;
