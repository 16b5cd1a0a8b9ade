"""What Django's models cannot say: the journal refuses changes; the table behind the durable cache."""

from django.db import migrations

GUARD = """
CREATE FUNCTION core_journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The retention job (crm.core.journal.prune) says so for its own transaction; it may delete, never rewrite.
    IF TG_OP = 'DELETE' AND current_setting('tandem.journal_retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the journal is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE FUNCTION core_journal_is_not_truncated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('tandem.journal_retention', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the journal is append-only: TRUNCATE refused' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER core_journal_append_only BEFORE UPDATE OR DELETE ON core_journalentry
    FOR EACH ROW EXECUTE FUNCTION core_journal_is_append_only();
CREATE TRIGGER core_journal_not_truncated BEFORE TRUNCATE ON core_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_journal_is_not_truncated();
"""
NO_GUARD = """
DROP TRIGGER core_journal_not_truncated ON core_journalentry;
DROP TRIGGER core_journal_append_only ON core_journalentry;
DROP FUNCTION core_journal_is_not_truncated();
DROP FUNCTION core_journal_is_append_only();
"""
# The shape that django.core.cache.backends.db expects (its createcachetable command makes the same).
CACHE = """
CREATE TABLE core_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX core_cache_expires ON core_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0001_floor")]
    operations = [
        migrations.RunSQL(GUARD, NO_GUARD),
        migrations.RunSQL(CACHE, "DROP TABLE core_cache"),
    ]
