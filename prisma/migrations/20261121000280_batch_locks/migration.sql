-- Windows are locked in the order of their keys of now, as everybody else locks them: after a change of secret, a phone's messages
-- still have its former one. One line of a long function.
DO $do$
DECLARE
  v_old text := pg_get_functiondef('begin_batch'::regproc);
  v_new text := replace(v_old, 'ORDER BY w.phone_key, t.id', 'ORDER BY key_now(w.phone_key), t.id');
BEGIN
  IF v_new = v_old THEN RAISE EXCEPTION 'begin_batch is not as this migration knows it'; END IF;
  EXECUTE v_new;
END $do$;
