"""Scores move from the leads into rows of their own, which a trigger makes with each lead (docs/decisions/0009)."""

import django.db.models.deletion
from django.db import migrations, models

import crm.core.clock

# Whatever writes leads (a service, COPY, somebody's SQL): each has its score row, due at once.
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
MOVE = """
SET LOCAL statement_timeout = 0;
INSERT INTO leads_leadscore (lead_id, fit, engagement, total, at, due_at)
    SELECT id, score_fit, score_engagement, score_total, scored_at, score_due_at FROM leads_lead ORDER BY id;
"""
MOVE_BACK = """
SET LOCAL statement_timeout = 0;
UPDATE leads_lead SET score_fit = fit, score_engagement = engagement, score_total = total, scored_at = at, score_due_at = due_at
    FROM leads_leadscore WHERE lead_id = id;
"""
SETTINGS_RETRAIN = models.CharField(
    choices=[("off", "Only when asked"), ("weekly", "Every week"), ("monthly", "Every month")],
    default="monthly",
    max_length=7,
    verbose_name="learn again",
)


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_records")]
    operations = [
        migrations.CreateModel(
            name="LeadScore",
            fields=[
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="score",
                        serialize=False,
                        to="leads.lead",
                    ),
                ),
                ("fit", models.PositiveSmallIntegerField(null=True, verbose_name="fit")),
                ("engagement", models.PositiveSmallIntegerField(null=True, verbose_name="engagement")),
                ("total", models.PositiveSmallIntegerField(null=True, verbose_name="score")),
                ("at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(default=crm.core.clock.now, null=True)),
            ],
            options={"verbose_name": "score"},
        ),
        migrations.RunSQL(MOVE, MOVE_BACK),
        migrations.AlterField(
            model_name="scoreentry",
            name="lead",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="scores",
                to="leads.lead",
            ),
        ),
        migrations.RemoveIndex(model_name="lead", name="leads_lead_by_score"),
        migrations.RemoveIndex(model_name="lead", name="leads_lead_score_due"),
        migrations.RemoveField(model_name="lead", name="score_due_at"),
        migrations.RemoveField(model_name="lead", name="score_engagement"),
        migrations.RemoveField(model_name="lead", name="score_fit"),
        migrations.RemoveField(model_name="lead", name="score_total"),
        migrations.RemoveField(model_name="lead", name="scored_at"),
        migrations.AddIndex(
            model_name="leadscore", index=models.Index(fields=["total", "lead"], name="leads_leadscore_order")
        ),
        migrations.AddIndex(
            model_name="leadscore",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="leads_leadscore_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="leadscore",
            constraint=models.CheckConstraint(
                condition=models.Q(("engagement__lte", 100), ("fit__lte", 100), ("total__lte", 100)),
                name="leads_leadscore_to_100",
            ),
        ),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
        migrations.AddField(model_name="scorerun", name="claims", field=models.JSONField(default=list)),
        migrations.AddField(model_name="scoresettings", name="retrain", field=SETTINGS_RETRAIN),
    ]
