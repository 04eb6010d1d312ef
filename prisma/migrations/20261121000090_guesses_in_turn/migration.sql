-- Whether a code may be sent to a phone, and whether a guess beyond a verification's own is taken, both hang on the phone's wrong
-- guesses and on its other open verifications. So both are asked in turn: whoever asks waits for whom is asking, until that
-- one's statement is committed or undone, and then sees what it did. (A statement's own snapshot is older than its locks;
-- every query of a volatile function has a new one.)
CREATE FUNCTION take_guess_turn(p_phone_key bytea) RETURNS void LANGUAGE sql VOLATILE AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(encode(p_phone_key, 'hex'), 6))
$$;

-- Guesses that open verifications of a phone, other than p_id, have as their own: two each.
CREATE OR REPLACE FUNCTION guesses_kept(p_phone_key bytea, p_id uuid, p_at timestamptz) RETURNS int LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM take_guess_turn(key_now(p_phone_key));
  RETURN (SELECT coalesce(sum(greatest(2 - checks, 0)), 0) FROM verifications
    WHERE phone_key = p_phone_key AND id <> p_id AND status = 'pending' AND expires_at > p_at AND created_at > p_at - interval '1 hour');
END $$;

-- True, or refuses: a phone at which somebody guessed wrong gets a code only if two guesses at it can be promised.
CREATE FUNCTION takes_guesses(p_phone_key bytea, p_id uuid, p_limits int[], p_at timestamptz) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  p phones%ROWTYPE;
BEGIN
  PERFORM take_guess_turn(key_now(p_phone_key));
  SELECT * INTO p FROM phones WHERE phone_key = key_now(p_phone_key) AND (cardinality(wrong_guesses) > 0 OR wrong_in_a_row > 0);
  IF FOUND AND guesses_left(p.wrong_guesses, p.wrong_in_a_row, p_limits, p_at) < guesses_kept(p_phone_key, p_id, p_at) + 2 THEN
    PERFORM refuse('guesses', guesses_refusal(p.wrong_guesses, p.wrong_in_a_row, p_limits, p_at));
  END IF;
  RETURN true;
END $$;
