-- A report that names only a phone is that of its one text whose fate is unknown and that went out within the hour. Texts of
-- longer ago count, too: a report as late as that may be theirs, so that it is nobody's for sure.
CREATE FUNCTION attempts_meant(p_provider text, p_phone_key bytea, p_at timestamptz) RETURNS uuid[] LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN min(t.started_at) > p_at - interval '1 hour' THEN array_agg(t.id) ELSE '{}' END
    FROM verifications AS v JOIN messages AS o ON o.verification_id = v.id JOIN attempts AS t ON t.message_id = o.id
    WHERE v.phone_key = p_phone_key AND v.created_at > p_at - interval '4 hours' AND t.started_at > p_at - interval '3 hours'
      AND t.provider = p_provider AND t.outcome IN ('pending', 'unknown') AND t.provider_message_id IS NULL
$$;

-- One line of a long function.
DO $do$
DECLARE
  v_old text := pg_get_functiondef('record_report'::regproc);
  v_new text := regexp_replace(v_old, 'ARRAY\(SELECT t\.id FROM verifications AS v.*?t\.provider_message_id IS NULL\)',
    'attempts_meant(p_provider, p_phone_key, v_at)');
BEGIN
  IF v_new = v_old THEN RAISE EXCEPTION 'record_report is not as this migration knows it'; END IF;
  EXECUTE v_new;
END $do$;
