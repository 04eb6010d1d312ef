-- As a lookup told it.
CREATE OR REPLACE FUNCTION network_of(p_phone_key bytea) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT network FROM lookups WHERE phone_key = key_now(p_phone_key)
$$;
