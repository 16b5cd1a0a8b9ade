"""The desk says who waits for its rep."""

from __future__ import annotations

from datetime import timedelta

from crm.core import clock
from leads.models import Lead
from tests.factories.leads import LeadFactory


def test_who_waits_nobody_tried_first_then_the_oldest(sales, visit):
    rep, now = sales.person("inside"), clock.now()
    Lead.objects.all().delete()
    waits = {
        name: LeadFactory(
            contact__first_name="",
            contact__last_name=name,
            owner=rep,
            status=status,
            arrived_at=now - timedelta(days=days),
        )
        for name, status, days in [("Tried", "attempting", 9), ("Fresh", "new", 1), ("Old", "new", 3)]
    }
    LeadFactory(owner=rep, status="connected", connected_at=now, contact__last_name="Spoken")
    LeadFactory(owner=sales.person("mate"), contact__last_name="Mates")
    page = visit(rep).get("/inside/").content.decode()
    places = [page.index(f"/leads/{waits[name].pk}") for name in ("Old", "Fresh", "Tried")]
    assert places == sorted(places)
    assert "Spoken" not in page
    assert "Mates" not in page


def test_nobody_waits(sales, visit):
    Lead.objects.all().delete()
    assert "Nobody waits" in visit(sales.person("inside")).get("/inside/").content.decode()
