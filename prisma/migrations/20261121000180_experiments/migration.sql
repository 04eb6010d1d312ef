-- AlterTable
ALTER TABLE "attempts" ADD COLUMN "delivered_at" TIMESTAMPTZ(6);

-- CreateTable
CREATE TABLE "experiments" (
    "id" UUID NOT NULL,
    "template" TEXT NOT NULL,
    "running_template" TEXT,
    "locale" TEXT,
    "status" TEXT NOT NULL DEFAULT 'running',
    "rule" TEXT NOT NULL,
    "alpha" DOUBLE PRECISION NOT NULL,
    "minimum_sample" INTEGER NOT NULL,
    "winner" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "created_by" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6),
    "counted_until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "experiments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "experiment_arms" (
    "experiment_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "weight" INTEGER NOT NULL,
    "assigned" INTEGER NOT NULL DEFAULT 0,
    "accepted" INTEGER NOT NULL DEFAULT 0,
    "approved" INTEGER NOT NULL DEFAULT 0,
    "stopped_at" TIMESTAMPTZ(6),
    "stopped_by" TEXT,

    CONSTRAINT "experiment_arms_pkey" PRIMARY KEY ("experiment_id","name")
);

-- CreateTable
CREATE TABLE "analytics_hours" (
    "hour" TIMESTAMPTZ(6) NOT NULL,
    "provider" TEXT NOT NULL,
    "country" TEXT NOT NULL,
    "template" TEXT NOT NULL,
    "variant" TEXT NOT NULL,
    "channel" TEXT NOT NULL,
    "sent" INTEGER NOT NULL,
    "delivered" INTEGER NOT NULL,
    "approved" INTEGER NOT NULL,
    "cost_micros" BIGINT NOT NULL,
    "latencies" INTEGER[],

    CONSTRAINT "analytics_hours_pkey" PRIMARY KEY ("hour","provider","country","template","variant","channel")
);

-- CreateTable
CREATE TABLE "analytics_rolls" (
    "hour" TIMESTAMPTZ(6) NOT NULL,
    "rolled_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "analytics_rolls_pkey" PRIMARY KEY ("hour")
);

-- CreateIndex
CREATE UNIQUE INDEX "experiments_running_template_key" ON "experiments"("running_template");

-- AddForeignKey
ALTER TABLE "experiment_arms" ADD CONSTRAINT "experiment_arms_experiment_id_fkey" FOREIGN KEY ("experiment_id") REFERENCES "experiments"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- When the network said, for the first time, that a phone has it. Whoever else writes an attempt pays nothing: it is asked
-- only where `report` is written.
CREATE FUNCTION note_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.delivered_at := CASE WHEN NEW.reported_at IS DISTINCT FROM OLD.reported_at THEN NEW.reported_at
                           ELSE greatest(clock_timestamp(), NEW.reported_at) END;
  RETURN NEW;
END $$;
CREATE TRIGGER note_delivery BEFORE UPDATE OF report ON attempts FOR EACH ROW
  WHEN (NEW.report = 'delivered' AND OLD.report IS DISTINCT FROM NEW.report AND OLD.delivered_at IS NULL)
  EXECUTE FUNCTION note_delivery();

-- Counts the verifications of an experiment that have had their whole life, six hours of them at most, and each once:
-- what was counted stays counted when its rows are gone. By the clock alone it is decided who is in, never by what
-- became of anybody. A verification belongs to the wording of its first text, and is in the denominator if that was accepted.
-- Returns whether there may be more.
CREATE FUNCTION count_experiment(p_id uuid, p_at timestamptz) RETURNS boolean LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan AS $$ -- for a minute's rows, not for any
DECLARE
  v_at timestamptz := coalesce(p_at, clock_timestamp());
  v_until timestamptz;
  v_cut timestamptz;
  e experiments%ROWTYPE;
BEGIN
  SELECT * INTO e FROM experiments WHERE id = p_id FOR NO KEY UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  -- Half a minute for an approval that is under way, a whole one for a start.
  v_until := least(coalesce(e.ended_at, 'infinity'), v_at - interval '60 seconds', e.counted_until + interval '6 hours');
  SELECT least(v_until, min(v.created_at)) INTO v_cut FROM verifications AS v
    WHERE v.created_at >= e.counted_until AND v.created_at < v_until AND v.expires_at > v_at - interval '30 seconds';
  IF v_cut <= e.counted_until THEN RETURN false; END IF;
  UPDATE experiment_arms AS arm SET assigned = arm.assigned + n.assigned, accepted = arm.accepted + n.accepted,
      approved = arm.approved + n.approved
    FROM (
      SELECT u.variant, count(*)::int AS assigned, count(*) FILTER (WHERE u.accepted)::int AS accepted,
          count(*) FILTER (WHERE u.accepted AND u.status = 'approved')::int AS approved
        FROM (
          SELECT first.variant, v.status, taken.id IS NOT NULL AS accepted
            FROM verifications AS v CROSS JOIN LATERAL (
              SELECT m.id, m.variant, m.template FROM messages AS m WHERE m.verification_id = v.id ORDER BY m.created_at, m.id LIMIT 1
            ) AS first LEFT JOIN LATERAL (
              -- One by one: as an EXISTS it would be looked up in all attempts at once.
              SELECT a.id FROM attempts AS a WHERE a.message_id = first.id AND a.outcome = 'accepted' LIMIT 1
            ) AS taken ON true
            WHERE v.created_at >= e.counted_until AND v.created_at < v_cut AND first.template = e.template AND first.variant IS NOT NULL
        ) AS u GROUP BY u.variant
    ) AS n
    WHERE arm.experiment_id = e.id AND arm.name = n.variant;
  UPDATE experiments SET counted_until = v_cut WHERE id = e.id;
  -- A moment later there is always a moment more: that is for the next time.
  RETURN v_cut = e.counted_until + interval '6 hours';
END $$;

-- In which of 80 classes a time from the POST to the delivery falls: each is a fifth longer than the one before, from 50 ms.
CREATE FUNCTION latency_class(p_ms double precision) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT least(greatest(ceil(ln(greatest(p_ms, 1) / 50) / ln(1.2)), 0), 79)::int + 1
$$;

-- Writes down what one hour's tries came to, anew each time. An approval belongs to the try that was accepted last before it.
CREATE FUNCTION roll_up_hour(p_hour timestamptz, p_at timestamptz) RETURNS void LANGUAGE plpgsql
  SET plan_cache_mode = force_custom_plan AS $$
BEGIN
  -- Whoever rolls up the same hour waits, and finds it done as well.
  INSERT INTO analytics_rolls AS r (hour, rolled_at) VALUES (p_hour, coalesce(p_at, clock_timestamp()))
    ON CONFLICT (hour) DO UPDATE SET rolled_at = greatest(r.rolled_at, excluded.rolled_at);
  DELETE FROM analytics_hours WHERE hour = p_hour;
  INSERT INTO analytics_hours (hour, provider, country, template, variant, channel, sent, delivered, approved, cost_micros, latencies)
    WITH tries AS (
      SELECT a.provider, coalesce(m.country, '') AS country, m.template, coalesce(m.variant, '') AS variant, a.channel, a.cost_micros,
          a.outcome = 'accepted' AS sent, a.report = 'delivered' AS delivered,
          CASE WHEN a.delivered_at IS NOT NULL THEN latency_class(extract(epoch FROM a.delivered_at - a.started_at) * 1000) END AS class,
          a.outcome = 'accepted' AND v.status = 'approved' AND a.started_at <= v.ended_at AND NOT EXISTS (
            SELECT 1 FROM messages AS n JOIN attempts AS later ON later.message_id = n.id
              WHERE n.verification_id = v.id AND later.outcome = 'accepted' AND later.started_at <= v.ended_at
                AND (later.started_at, later.id) > (a.started_at, a.id)) AS approved
        FROM attempts AS a JOIN messages AS m ON m.id = a.message_id LEFT JOIN verifications AS v ON v.id = m.verification_id
        WHERE a.started_at >= p_hour AND a.started_at < p_hour + interval '1 hour'
          AND (a.outcome = 'accepted' OR a.cost_micros IS NOT NULL)
    ), classes AS (
      SELECT provider, country, template, variant, channel, class, count(*)::int AS n FROM tries WHERE class IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5, 6
    )
    SELECT p_hour, t.*, (
        SELECT array_agg(coalesce(c.n, 0) ORDER BY slot) FROM generate_series(1, 80) AS slot LEFT JOIN classes AS c
          ON c.class = slot AND (c.provider, c.country, c.template, c.variant, c.channel) = (t.provider, t.country, t.template, t.variant, t.channel)
          HAVING count(c.n) > 0
      )
      FROM (
        SELECT provider, country, template, variant, channel, count(*) FILTER (WHERE sent)::int, count(*) FILTER (WHERE delivered)::int,
            count(*) FILTER (WHERE approved)::int, coalesce(sum(cost_micros), 0)::bigint
          FROM tries GROUP BY 1, 2, 3, 4, 5
      ) AS t (provider, country, template, variant, channel, sent, delivered, approved, cost_micros);
END $$;
