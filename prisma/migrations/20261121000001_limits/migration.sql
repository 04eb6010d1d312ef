-- What must be decided together is decided in one round trip: on the hot paths by one plain statement each (START, ACCEPT), which
-- costs a third less, elsewhere by a function. Inside a function every statement sees what was committed before it, so a
-- row that is locked first is counted as it really is; a single SELECT that locks and counts would count on a snapshot taken
-- before the lock.
--
-- p_at is "now" as a test gives it; null means this server's clock, which all instances share.

-- What a window holds: refused_by is the index of the quota that is used up and opens last (null: none is); retry_after
-- the seconds until then; remaining and resets have one element a quota, resets being seconds until its oldest hit leaves.
CREATE FUNCTION window_state(
  p_hits timestamptz[], p_quotas int[], p_secs int[], p_at timestamptz,
  OUT refused_by int, OUT retry_after int, OUT remaining int[], OUT resets int[]
) LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  v_length int := cardinality(p_hits);
  v_left int; -- hits that have left the window: they are sorted
  v_wait numeric;
  v_longest numeric := 0;
BEGIN
  FOR i IN 1 .. cardinality(p_quotas) LOOP
    v_left := width_bucket(p_at - make_interval(secs => p_secs[i]), p_hits);
    remaining[i] := greatest(p_quotas[i] - (v_length - v_left), 0);
    resets[i] := CASE WHEN v_left = v_length THEN 0
      ELSE ceil(extract(epoch FROM p_hits[v_left + 1] - p_at) + p_secs[i]) END;
    IF remaining[i] = 0 THEN
      v_wait := extract(epoch FROM p_hits[v_length - p_quotas[i] + 1] - p_at) + p_secs[i];
      IF v_wait > v_longest THEN
        v_longest := v_wait;
        refused_by := i;
        retry_after := greatest(ceil(v_wait), 1);
      END IF;
    END IF;
  END LOOP;
END $$;

-- The key under which a phone's window and opt-out are kept now, whatever secret p_key was made under.
CREATE FUNCTION key_now(p_key bytea) RETURNS bytea LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce((SELECT current FROM phone_aliases WHERE former = p_key), p_key);
END $$;

-- What is kept of a phone under the previous secret goes on under the new one: a new secret resets no window, and forgets no
-- opt-out. An instance that has the two secrets the other way round moves nothing back.
CREATE FUNCTION adopt_phone(p_key bytea, p_former bytea) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_hits timestamptz[];
BEGIN
  IF key_now(p_key) <> p_key THEN RETURN; END IF;
  INSERT INTO phone_aliases (former, current) VALUES (p_former, p_key) ON CONFLICT (former) DO NOTHING;
  IF FOUND THEN UPDATE phone_aliases SET current = p_key WHERE current = p_former; END IF;
  DELETE FROM limit_windows WHERE key = p_former RETURNING hits INTO v_hits;
  IF FOUND THEN
    INSERT INTO limit_windows (key, hits) VALUES (p_key, v_hits) ON CONFLICT (key) DO UPDATE
      SET hits = ARRAY(SELECT hit FROM unnest(limit_windows.hits || excluded.hits) AS hit ORDER BY hit);
  END IF;
  INSERT INTO opt_outs (phone_key, source, created_at)
    SELECT p_key, source, created_at FROM opt_outs WHERE phone_key = p_former ON CONFLICT DO NOTHING;
  DELETE FROM opt_outs WHERE phone_key = p_former;
END $$;

-- Takes one hit if every quota allows it. A refused hit is not written, so asking again never extends a window.
CREATE FUNCTION take_hit(
  p_key bytea, p_quotas int[], p_secs int[], p_at timestamptz, p_former bytea DEFAULT NULL,
  OUT refused_by int, OUT retry_after int, OUT remaining int[], OUT resets int[], OUT hit_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  v_key bytea;
  v_hits timestamptz[];
  v_most int := (SELECT max(quota) FROM unnest(p_quotas) AS quota);
BEGIN
  IF p_former IS NOT NULL THEN PERFORM adopt_phone(p_key, p_former); END IF;
  v_key := key_now(p_key);
  LOOP
    SELECT hits INTO v_hits FROM limit_windows WHERE key = v_key FOR UPDATE;
    hit_at := coalesce(p_at, clock_timestamp());
    IF FOUND THEN
      SELECT s.refused_by, s.retry_after, s.remaining, s.resets INTO refused_by, retry_after, remaining, resets
        FROM window_state(v_hits, p_quotas, p_secs, hit_at) AS s;
      EXIT WHEN refused_by IS NOT NULL;
      v_hits := v_hits || hit_at;
      v_hits := v_hits[greatest(cardinality(v_hits) - v_most + 1, 1) :]; -- older ones can refuse nothing
      UPDATE limit_windows SET hits = v_hits WHERE key = v_key;
    ELSE
      v_hits := ARRAY[hit_at];
      INSERT INTO limit_windows (key, hits) VALUES (v_key, v_hits) ON CONFLICT (key) DO NOTHING;
      CONTINUE WHEN NOT FOUND; -- another caller made the row meanwhile: lock and count it
    END IF;
    SELECT s.remaining, s.resets INTO remaining, resets FROM window_state(v_hits, p_quotas, p_secs, hit_at) AS s;
    EXIT;
  END LOOP;
END $$;

-- Gives back one hit, for what was surely never sent.
CREATE FUNCTION give_back_hit(p_key bytea, p_hit_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  v_key bytea := key_now(p_key);
  v_hits timestamptz[];
  v_index int;
BEGIN
  SELECT hits INTO v_hits FROM limit_windows WHERE key = v_key FOR UPDATE;
  v_index := array_position(v_hits, p_hit_at);
  IF v_index IS NOT NULL THEN
    UPDATE limit_windows SET hits = v_hits[: v_index - 1] || v_hits[v_index + 1 :] WHERE key = v_key;
  END IF;
END $$;
