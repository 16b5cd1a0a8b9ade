"""A link that a contact passes on: made on their page, followed by somebody else, credited, rewarded."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from crm.core import clock
from leads.models import Lead, ReferralLink
from leads.services import contacts, deals
from tests.factories.leads import CampaignFactory, DealFactory, WebFormFactory
from tests.records.conftest import Sales

ENQUIRY = {"reference": "", "first_name": "Inès", "last_name": "Lefèbvre", "email": "ines@acme.test"}


def box(client: Client, sales: Sales) -> str:
    return unescape(client.get(f"/contacts/{sales.contact.pk}/referrals").content.decode())


def address_in(page: str) -> str:
    return re.search(r'value="http://testserver(/f/[^"]+)"', page)[1]


def follow(address: str, **more: str) -> Any:
    """Somebody outside opens the address and sends what it asks, a moment later."""
    outside = Client()
    with time_machine.travel(clock.now() - timedelta(seconds=30), tick=False):
        page = outside.get(address).content.decode()
    ticket = re.search(r'name="ticket" value="([^"]+)"', page)[1]
    return outside.post(address.partition("?")[0], {**ENQUIRY, "ticket": ticket, **more})


def test_who_passes_a_link_on_is_credited_and_the_promise_falls_due(sales, visit):
    rep = visit(sales.person("inside"))
    form, campaign = WebFormFactory(), CampaignFactory()
    assert "Nobody came through them yet" in box(rep, sales)
    rep.post(
        f"/contacts/{sales.contact.pk}/referrals/new",
        {"campaign": campaign.pk, "reward": "promised", "is_active": "on"},
    )
    address = address_in(box(rep, sales))
    assert address.startswith(f"/f/{form.token}?ref=")

    assert follow(address).status_code == 302
    lead = Lead.objects.get(contact__last_name="Lefèbvre")
    link = ReferralLink.objects.get()
    assert (lead.referral, lead.campaign) == (link, campaign)
    assert "1 enquiry" in box(rep, sales)

    deal = DealFactory(lead=lead, stage=sales.stages[0])
    deals.win_deal(actor=None, deal_id=deal.pk)
    link.refresh_from_db()
    assert link.reward == "due"
    assert "1 enquiry, 1 won" in re.sub(r"\s+", " ", box(rep, sales))


def test_a_closed_link_brings_the_enquiry_but_no_credit(sales, visit):
    rep = visit(sales.person("inside"))
    WebFormFactory()
    rep.post(f"/contacts/{sales.contact.pk}/referrals/new", {"reward": "none", "is_active": "on"})
    address = address_in(box(rep, sales))
    link = ReferralLink.objects.get()
    rep.post(f"/contacts/{sales.contact.pk}/referrals/{link.pk}", {"reward": "none"})
    assert 'value="http' not in box(rep, sales)
    follow(address)
    follow(address.partition("=")[0] + "=nobodysown", email="other@acme.test")
    assert list(Lead.objects.filter(channel="form").values_list("referral", flat=True)) == [None, None]


def test_their_own_enquiry_does_not_count(sales, visit):
    rep = visit(sales.person("inside"))
    contacts.change_contact(actor=None, contact_id=sales.contact.pk, changes={"emails": ["helene@fromages.test"]})
    WebFormFactory()
    rep.post(f"/contacts/{sales.contact.pk}/referrals/new", {"reward": "promised", "is_active": "on"})
    follow(address_in(box(rep, sales)), first_name="Hélène", last_name="Castagnet", email="helene@fromages.test")
    assert Lead.objects.get(channel="form").contact == sales.contact
    assert "0 enquiries" in box(rep, sales)


def test_without_an_open_form_it_says_so_and_refusals_are_shown(sales, visit):
    rep = visit(sales.person("inside"))
    new = f"/contacts/{sales.contact.pk}/referrals/new"
    assert rep.post(new, {"reward": "a car"}).status_code == 422
    rep.post(new, {"reward": "none", "is_active": "on"})
    assert "No web form is open" in box(rep, sales)
    contacts.forbid_contact(actor=None, contact_id=sales.contact.pk, reason="")
    refused = rep.post(new, {"reward": "none", "is_active": "on"})
    assert ReferralLink.objects.count() == 1
    assert refused.status_code in {409, 422}
    assert "Make a link</button>" not in box(rep, sales)


@pytest.mark.parametrize("person", ["finance"])
def test_who_sees_no_contacts_sees_no_links(sales, visit, person):
    client = visit(sales.person(person))
    assert client.get(f"/contacts/{sales.contact.pk}/referrals").status_code in {403, 404}
    assert client.post(f"/contacts/{sales.contact.pk}/referrals/new", {"reward": "none"}).status_code in {403, 404}


def test_three_queries_however_many(sales, visit, count_queries):
    rep = visit(sales.person("inside"))
    WebFormFactory()
    numbers = []
    for _ in range(2):
        for _ in range(3):
            rep.post(f"/contacts/{sales.contact.pk}/referrals/new", {"reward": "none", "is_active": "on"})
        with count_queries() as queries:
            box(rep, sales)
        numbers.append(queries.number)
    assert numbers[0] == numbers[1]
