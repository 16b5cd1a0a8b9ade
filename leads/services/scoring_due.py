"""Which changes make a score due. Apart from the scoring itself, because every write of a record calls this."""

from __future__ import annotations

from uuid import UUID

from crm.core import clock, work
from leads.models import Company, Contact, Lead, LeadScore, Record

JOB = "leads.score"
# So many leads of a changed company or contact are scored at once; the sweep finds the rest.
RUNG_FOR = 500


def after_write(record: Record) -> None:
    """In the caller's transaction: leads that ``record`` says something about are due, and a worker hears of it."""
    if isinstance(record, Lead):
        if record.version == 1:
            record.score = LeadScore(lead=record)  # as the database made it, without asking
            work.enqueue(JOB, record.pk)
        else:
            mark(record.pk)
    elif isinstance(record, Company | Contact) and record.version > 1:  # a new one has no leads yet
        column = "company" if isinstance(record, Company) else "contact"
        leads = Lead.objects.filter(**{column: record.pk})
        if LeadScore.objects.filter(lead__in=leads.values("pk")).update(due_at=clock.now()):
            work.enqueue(JOB, *leads.order_by("pk").values_list("pk", flat=True)[:RUNG_FOR])


def mark(*lead_ids: UUID) -> None:
    """In the caller's transaction: these leads are due, and a worker hears of it."""
    if lead_ids and LeadScore.objects.filter(pk__in=lead_ids).update(due_at=clock.now()):
        work.enqueue(JOB, *lead_ids[:RUNG_FOR])
