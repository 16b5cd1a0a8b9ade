"""A statement trigger gives each lead its score row, due at once (docs/decisions/0009)."""

from django.db import migrations

# Whatever writes leads (a service, COPY, somebody's SQL): none is without one, so lists may join it inside.
TRIGGER = """
CREATE FUNCTION leads_lead_gets_a_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leads_leadscore (lead_id, due_at) SELECT id, now() FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER leads_lead_scored AFTER INSERT ON leads_lead REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION leads_lead_gets_a_score();
"""
NO_TRIGGER = """
DROP TRIGGER leads_lead_scored ON leads_lead;
DROP FUNCTION leads_lead_gets_a_score();
"""


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_records")]
    operations = [migrations.RunSQL(TRIGGER, NO_TRIGGER)]
