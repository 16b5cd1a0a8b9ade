"""What a page costs in queries, session and reader included: a ceiling on rich records, and the same for many rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from crm.core import clock
from leads.models import Deal, ExternalScore, Lead, LeadScore
from leads.services import contacts, deals
from leads.services import leads as services
from tests.factories.leads import (
    CampaignFactory,
    ContactFactory,
    CustomFieldFactory,
    DealFactory,
    EmailFactory,
    LeadFactory,
    PhoneFactory,
    ProductFactory,
)

pytestmark = pytest.mark.django_db

MOST = 12  # the budget of every page
KINDS = ("lead", "company", "contact", "deal")
LINKED = {"lead": "deal", "company": "contact", "contact": "lead", "deal": "company"}


@pytest.fixture
def rich(sales: Any) -> Any:
    """Everything that a record can have: own fields and links, a past, ways to reach, consents, lines, shares, a score."""
    inside, admin = sales.person("inside"), sales.person("admin")
    linked = {"lead": sales.own, "company": sales.company, "contact": sales.contact, "deal": sales.deal}
    for kind in KINDS:
        CustomFieldFactory(holder=kind, key="plant", label="Plant", kind="text")
        CustomFieldFactory(holder=kind, key="see_also", label="See also", kind="link", link_to=LINKED[kind])
        own = {"plant": "Dairy", "see_also": str(linked[LINKED[kind]].pk)}
        type(linked[kind]).objects.filter(pk=linked[kind].pk).update(custom=own)
    product, campaign = ProductFactory(price=50, currency="EUR"), CampaignFactory()
    services.change_lead(
        actor=inside, lead_id=sales.own.pk, changes={"product": product, "campaign": campaign, "notes": "Jute sacks?"}
    )
    services.attempt_lead(actor=inside, lead_id=sales.own.pk)
    for person in ("mate", "inside"):
        services.assign_lead(actor=admin, lead_id=sales.own.pk, owner_id=sales.person(person).pk)
    LeadScore.objects.filter(pk=sales.own.pk).update(fit=60, engagement=40, total=53, at=clock.now())
    ExternalScore.objects.create(lead=sales.own, source="Elsewhere", value=7, at=clock.now())
    Deal.objects.filter(pk=sales.deal.pk).update(lead=sales.own, amount=None)
    deals.set_lines(actor=inside, deal_id=sales.deal.pk, lines=[{"product": product, "quantity": "2"}])
    people = [{"user": sales.person(name), "role": "owner", "share": "0.5"} for name in ("inside", "mate")]
    deals.set_splits(actor=inside, deal_id=sales.deal.pk, splits=people)
    deals.move_deal(actor=inside, deal_id=sales.deal.pk, stage_id=sales.stages[1].pk)
    for channel in ("call", "email"):
        contacts.record_consent(actor=inside, contact_id=sales.contact.pk, channel=channel, state="given", proof="Mail")
    contacts.change_contact(actor=inside, contact_id=sales.contact.pk, changes={"level": "signer"})
    add_rows(sales, 2)
    return sales


def add_rows(sales: Any, number: int) -> None:
    """More of all that stands on the pages."""
    inside = sales.person("inside")
    for _ in range(number):
        for holder in ({"contact": sales.contact}, {"company": sales.company, "contact": None}):
            PhoneFactory(**holder)
            EmailFactory(**holder)
        person = ContactFactory(company=sales.company)
        lead = LeadFactory(company=sales.company, contact=sales.contact, owner=inside)
        deal = DealFactory(
            company=sales.company, contact=person, lead=sales.own, owner=inside, stage=sales.stages[0], currency="EUR"
        )
        services.change_lead(actor=inside, lead_id=lead.pk, changes={"source": "Fair", "product": ProductFactory()})
        services.change_lead(actor=inside, lead_id=sales.own.pk, changes={"campaign": CampaignFactory()})
        deals.change_deal(actor=inside, deal_id=deal.pk, changes={"contact": sales.contact})
        contacts.change_contact(actor=inside, contact_id=sales.contact.pk, changes={"job_title": f"Head {deal.name}"})


def _record(sales: Any, kind: str) -> Any:
    return {"lead": sales.own, "company": sales.company, "contact": sales.contact, "deal": sales.deal}[kind]


def _measured(get: Callable[[], Any], count_queries: Any) -> Any:
    get()
    with count_queries() as queries:
        assert get().status_code == 200
    return queries


@pytest.mark.parametrize("who", ["inside", "admin"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_a_record(kind, who, rich, visit, count_queries):
    client = visit(rich.person(who))
    url = reverse(f"records:{kind}", args=[_record(rich, kind).pk])
    few = _measured(lambda: client.get(url), count_queries)
    assert few.number <= MOST, few.statements
    add_rows(rich, 4)
    many = _measured(lambda: client.get(url), count_queries)
    assert many.number == few.number, many.statements


@pytest.mark.parametrize("who", ["inside", "admin"])
@pytest.mark.parametrize("kind", ["leads", "companies", "contacts", "deals"])
def test_a_list_with_all_its_columns(kind, who, rich, visit, count_queries):
    from crm.records.lists.offered import LISTS

    client = visit(rich.person(who))
    columns = "&".join(f"columns={key}" for key in LISTS[kind].all_columns())
    url = f"{reverse(f'records:{kind}')}?{columns}"
    few = _measured(lambda: client.get(url), count_queries)
    assert few.number <= MOST, few.statements
    add_rows(rich, 4)
    many = _measured(lambda: client.get(url), count_queries)
    assert many.number == few.number, many.statements


def test_the_board(rich, visit, count_queries):
    client = visit(rich.person("inside"))
    queries = _measured(lambda: client.get("/deals/?as=board"), count_queries)
    assert queries.number <= MOST, queries.statements


def test_a_link_is_named_for_who_sees_what_it_leads_to(rich, visit):
    own = {"see_also": str(rich.strange_deal.pk)}
    Lead.objects.filter(pk=rich.own.pk).update(custom=own)
    url = reverse("records:lead", args=[rich.own.pk])
    name = rich.strange_deal.name
    assert f'{rich.strange_deal.pk}">{name}</a>' in visit(rich.person("admin")).get(url).content.decode()
    page = visit(rich.person("inside")).get(url).content.decode()
    assert "something you do not see" in page
    assert str(rich.strange_deal.pk) not in page
