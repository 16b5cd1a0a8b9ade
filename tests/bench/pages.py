"""Pages people work on: lists, the board, one lead, one company."""

from __future__ import annotations

from functools import partial

from django.db.models import Count

from leads.models import Lead
from tests.bench.measure import Row, measure
from tests.bench.world import World

TITLE = "Pages"


def rows(world: World) -> list[Row]:
    inside = world.people["inside"]
    lead = Lead.objects.filter(owner=inside, contact__isnull=False, deals__isnull=False).order_by("-pk").first()
    assert lead is not None, "the inside rep owns leads with deals"
    busy = Lead.objects.order_by().values("company").annotate(number=Count("pk")).order_by("-number")[0]
    asked = {
        "lead page": (f"/leads/{lead.pk}", "inside"),
        "company page": (f"/companies/{lead.company_id}", "inside"),
        f"company page of {busy['number']} leads": (f"/companies/{busy['company']}", "admin"),
        "contact page": (f"/contacts/{lead.contact_id}", "inside"),
        "list of leads, team of a rep": ("/leads/", "inside"),
        "list of leads, manager": ("/leads/", "manager"),
        "list of leads, all": ("/leads/", "admin"),
        "list of companies": ("/companies/", "inside"),
        "list of contacts": ("/contacts/", "inside"),
        "list of deals": ("/deals/", "manager"),
        "board of deals": ("/deals/?as=board", "manager"),
    }
    return [
        Row(f"{work} ({who})", measure(partial(world.page, path, who)), budget=100, queries=12)
        for work, (path, who) in asked.items()
    ]
