-- Ends a statement that must not be done in part: all that it wrote so far is taken back. p_gate names who refuses, p_detail
-- says more as JSON. Ours are the SQLSTATEs that begin with S6.
CREATE FUNCTION refuse(p_gate text, p_detail jsonb DEFAULT '{}') RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'S6001', MESSAGE = p_gate, DETAIL = p_detail::text;
END $$;
