-- What is known of a phone beyond any one verification: wrong guesses at its codes, newest last (as many as a day allows), and when
-- somebody last proved to hold it. The key is the present one, as in limit_windows.
CREATE TABLE "phones" (
    "phone_key" BYTEA NOT NULL,
    "wrong_guesses" TIMESTAMPTZ(6)[],
    "wrong_in_a_row" INTEGER NOT NULL DEFAULT 0,
    "approved_at" TIMESTAMPTZ(6),

    CONSTRAINT "phones_pkey" PRIMARY KEY ("phone_key")
);

-- How many more guesses a phone takes at p_at. p_limits: in an hour, in a day, in a row.
CREATE FUNCTION guesses_left(p_wrong timestamptz[], p_in_a_row int, p_limits int[], p_at timestamptz)
RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT least(
    p_limits[1] - cardinality(p_wrong) + width_bucket(p_at - interval '1 hour', p_wrong),
    p_limits[2] - cardinality(p_wrong) + width_bucket(p_at - interval '1 day', p_wrong),
    p_limits[3] - p_in_a_row)
$$;

-- Guesses that open verifications of a phone, other than p_id, have as their own: two each.
CREATE FUNCTION guesses_kept(p_phone_key bytea, p_id uuid, p_at timestamptz) RETURNS int LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(greatest(2 - checks, 0)), 0)::int FROM verifications
    WHERE phone_key = p_phone_key AND id <> p_id AND status = 'pending' AND expires_at > p_at AND created_at > p_at - interval '1 hour'
$$;

-- Which limit refuses, and for how many seconds: null when only an operator can open it again.
CREATE FUNCTION guesses_refusal(p_wrong timestamptz[], p_in_a_row int, p_limits int[], p_at timestamptz)
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN p_in_a_row >= p_limits[3] THEN jsonb_build_object('limit', 'phone-guesses-in-a-row')
    ELSE (SELECT jsonb_build_object('limit', name, 'retryAfter', greatest(ceil(extract(epoch FROM opens - p_at)), 1)) FROM (VALUES
        ('phone-guesses-day', p_wrong[cardinality(p_wrong) - p_limits[2] + 1] + interval '1 day'),
        ('phone-guesses-hour', coalesce(p_wrong[greatest(cardinality(p_wrong) - p_limits[1] + 1, 1)], p_at) + interval '1 hour')
      ) AS waits(name, opens) WHERE opens IS NOT NULL ORDER BY opens DESC LIMIT 1)
    END
$$;

-- What is kept of a phone under the previous secret goes on under the new one: a new secret resets no window, and forgets
-- neither an opt-out nor a wrong guess. An instance that has the two secrets the other way round moves nothing back.
CREATE OR REPLACE FUNCTION adopt_phone(p_key bytea, p_former bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_hits timestamptz[];
  v_phone phones%ROWTYPE;
BEGIN
  IF key_now(p_key) <> p_key THEN RETURN; END IF;
  INSERT INTO phone_aliases (former, current) VALUES (p_former, p_key) ON CONFLICT (former) DO NOTHING;
  IF FOUND THEN UPDATE phone_aliases SET current = p_key WHERE current = p_former; END IF;
  DELETE FROM limit_windows WHERE key = p_former RETURNING hits INTO v_hits;
  IF FOUND THEN
    INSERT INTO limit_windows (key, hits) VALUES (p_key, v_hits) ON CONFLICT (key) DO UPDATE
      SET hits = ARRAY(SELECT hit FROM unnest(limit_windows.hits || excluded.hits) AS hit ORDER BY hit);
  END IF;
  DELETE FROM phones WHERE phone_key = p_former RETURNING * INTO v_phone;
  IF FOUND THEN
    INSERT INTO phones (phone_key, wrong_guesses, wrong_in_a_row, approved_at)
      VALUES (p_key, v_phone.wrong_guesses, v_phone.wrong_in_a_row, v_phone.approved_at) ON CONFLICT (phone_key) DO UPDATE SET
        wrong_guesses = ARRAY(SELECT guess FROM unnest(phones.wrong_guesses || excluded.wrong_guesses) AS guess ORDER BY guess),
        wrong_in_a_row = phones.wrong_in_a_row + excluded.wrong_in_a_row,
        approved_at = greatest(phones.approved_at, excluded.approved_at);
  END IF;
  INSERT INTO opt_outs (phone_key, source, created_at)
    SELECT p_key, source, created_at FROM opt_outs WHERE phone_key = p_former ON CONFLICT DO NOTHING;
  DELETE FROM opt_outs WHERE phone_key = p_former;
END $$;
