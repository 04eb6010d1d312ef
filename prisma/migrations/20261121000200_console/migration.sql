-- Providers that an operator took out: nobody gives them a text until they are put back.
CREATE TABLE "provider_holds" (
    "provider" TEXT NOT NULL,
    "since" TIMESTAMPTZ(6) NOT NULL,
    "reason" TEXT NOT NULL,
    "held_by" TEXT NOT NULL,

    CONSTRAINT "provider_holds_pkey" PRIMARY KEY ("provider")
);

-- Every change of where a provider stands, by the instance whose rotation it was or the operator who did it.
CREATE TABLE "provider_changes" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,
    "provider" TEXT NOT NULL,
    "instance" TEXT NOT NULL,
    "from_state" TEXT NOT NULL,
    "to_state" TEXT NOT NULL,
    "why" TEXT NOT NULL,
    "by" TEXT NOT NULL,

    CONSTRAINT "provider_changes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "provider_changes_provider_at_idx" ON "provider_changes"("provider", "at");

-- What went wrong lately at a provider. A try that goes well has no fault, and so costs nothing here.
CREATE INDEX "attempts_provider_started_at_idx" ON "attempts"("provider", "started_at") WHERE "fault" IS NOT NULL;

-- taken: it is held now; held: it was already; last: nobody of p_others, who could send in its place, is left that is not held.
-- The lock makes two that are taken out at the same time see each other: a statement of its own after it sees what is there then.
CREATE FUNCTION take_out_provider(
  p_provider text, p_reason text, p_by text, p_others text[], p_force boolean, p_change uuid, p_instance text, p_from text,
  p_at timestamptz
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
BEGIN
  LOCK TABLE provider_holds IN SHARE ROW EXCLUSIVE MODE;
  IF EXISTS (SELECT 1 FROM provider_holds WHERE provider = p_provider) THEN RETURN 'held'; END IF;
  IF NOT p_force AND NOT EXISTS (
    SELECT 1 FROM unnest(p_others) AS other WHERE other NOT IN (SELECT provider FROM provider_holds)
  ) THEN RETURN 'last'; END IF;
  INSERT INTO provider_holds (provider, since, reason, held_by) VALUES (p_provider, v_at, p_reason, p_by);
  INSERT INTO provider_changes (id, at, provider, instance, from_state, to_state, why, by)
    VALUES (p_change, v_at, p_provider, p_instance, p_from, 'held', p_reason, p_by);
  RETURN 'taken';
END $$;
