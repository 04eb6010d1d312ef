-- CreateTable
CREATE TABLE "message_templates" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "locale" TEXT NOT NULL,
    "variant" TEXT,
    "version" INTEGER NOT NULL,
    "body" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "message_templates_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "message_templates_name_locale_variant_version_key" ON "message_templates"("name", "locale", "variant", "version");

-- The next version of a text, and its number. Who puts one waits for whoever does so now: no two get the same number.
CREATE FUNCTION put_message_template(
  p_id uuid, p_name text, p_locale text, p_variant text, p_body text, p_by text, p_at timestamptz
) RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  v_version int;
BEGIN
  LOCK TABLE message_templates IN SHARE ROW EXCLUSIVE MODE;
  SELECT coalesce(max(version), 0) + 1 INTO v_version FROM message_templates
    WHERE name = p_name AND locale = p_locale AND variant IS NOT DISTINCT FROM p_variant;
  INSERT INTO message_templates (id, name, locale, variant, version, body, created_by, created_at)
    VALUES (p_id, p_name, p_locale, p_variant, v_version, p_body, p_by, coalesce(p_at, clock_timestamp()));
  RETURN v_version;
END $$;

-- What was once sent stays as it was sent.
CREATE FUNCTION keep_message_template() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.name, NEW.locale, NEW.variant, NEW.version, NEW.body) IS DISTINCT FROM (OLD.name, OLD.locale, OLD.variant, OLD.version, OLD.body) THEN
    RAISE EXCEPTION 'a version of a template is not changed';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER message_template_is_kept BEFORE UPDATE ON message_templates FOR EACH ROW EXECUTE FUNCTION keep_message_template();
