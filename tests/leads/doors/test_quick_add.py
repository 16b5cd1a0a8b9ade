"""A lead by hand: one line or a signature is read, shown, corrected and saved once."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from leads.models import Contact, Lead
from tests.factories.accounts import CalendarFactory, TeamFactory, UserFactory
from tests.factories.leads import CompanyFactory, ContactFactory, EmailFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep(client: Client) -> object:
    person = UserFactory(team=TeamFactory(calendar=CalendarFactory(country="FR")))
    client.force_login(person)
    return person


def fields_of(page: str) -> dict[str, str]:
    """Names and values of the filled-in form."""
    return dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', page))


def test_a_line_is_read_and_becomes_a_lead_of_who_entered_it(client: Client, rep: object) -> None:
    page = client.post("/leads/new", {"act": "read", "text": "Jean Dupont, Acme Tubes, 04 72 00 12 34"})
    form = fields_of(page.content.decode())
    assert (form["first_name"], form["last_name"], form["company_name"]) == ("Jean", "Dupont", "Acme Tubes")
    assert form["phones"] == "04 72 00 12 34"
    sent = {name: form[name] for name in ("lead_id", "first_name", "last_name", "company_name", "phones")}
    sent |= {"channel": "call", "notes": "Wants two", "emails": "jean@acme.test, j.dupont@acme.test"}
    for _ in range(2):
        answer = client.post("/leads/new", sent)
        assert answer.status_code == 302, answer.content.decode()
    lead = Lead.objects.get()
    assert answer.headers["Location"] == f"/leads/{lead.pk}"
    assert (lead.owner, lead.channel, lead.notes) == (rep, "call", "Wants two")
    assert lead.contact is not None
    assert [phone.number for phone in lead.contact.phones.all()] == ["+33472001234"], "the plan of their own calendar"
    assert lead.contact.emails.count() == 2


def test_what_a_manager_enters_belongs_to_nobody_yet(client: Client) -> None:
    client.force_login(UserFactory(manager=True))
    lead_id = fields_of(client.get("/leads/new").content.decode())["lead_id"]
    client.post("/leads/new", {"lead_id": lead_id, "last_name": "Dupont", "channel": "rep"})
    assert Lead.objects.get().owner is None


def test_mistakes_stand_beside_their_fields_and_nothing_is_lost(client: Client, rep: object) -> None:
    form = fields_of(client.get("/leads/new").content.decode())
    answer = client.post("/leads/new", {"lead_id": form["lead_id"], "channel": "rep", "notes": "typed"})
    assert answer.status_code == 422
    bad = client.post(
        "/leads/new", {"lead_id": form["lead_id"], "channel": "rep", "last_name": "D", "emails": "nobody"}
    )
    assert bad.status_code == 422
    assert 'aria-invalid="true"' in bad.content.decode()
    assert not Contact.objects.exists()


def test_who_is_known_already_is_hinted_at(client: Client, rep: object) -> None:
    from leads.services import duplicates

    known = ContactFactory(first_name="Jean", last_name="Dupont", company=CompanyFactory(name="Acme Tubes"))
    EmailFactory(contact=known, address="jean@acme.test", key="jean@acme.test")
    duplicates.write_keys(known.company, at_once=True)
    duplicates.write_keys(known, at_once=True)
    page = client.post(
        "/leads/new", {"act": "read", "text": "Jean Dupond, Acme Tubes, jean@acme.test"}
    ).content.decode()
    assert f"/contacts/{known.pk}" in page
    other = client.post("/leads/new", {"act": "read", "text": "Zoe Quist, Other Firm, zoe@quist.test"}).content.decode()
    assert f"/contacts/{known.pk}" not in other


@pytest.mark.parametrize("text", ["", "\x00", "<script>alert(1)</script>", "x" * 5_000, "'; drop table leads_lead; --"])
def test_whatever_is_pasted_is_answered(client: Client, rep: object, text: str) -> None:
    answer = client.post("/leads/new", {"act": "read", "text": text})
    assert answer.status_code in {200, 422}
    assert b"<script>alert" not in answer.content


def test_finance_enters_no_leads(client: Client) -> None:
    client.force_login(UserFactory(finance=True))
    assert client.get("/leads/new").status_code == 403
