"""Companies and contacts over the API: whole lists of ways to reach them, own fields, consent, do-not-contact."""

from __future__ import annotations

from typing import Any

import pytest

from crm.core import ids
from leads.models import Company, Consent, Contact
from tests.api.callers import Caller, body, problem
from tests.factories.accounts import UserFactory
from tests.factories.leads import CompanyFactory, ContactFactory, CustomFieldFactory, PhoneFactory, SiteFactory

pytestmark = pytest.mark.django_db


def test_a_company_is_made_whole(caller: Caller):
    sent = {
        "id": str(ids.uuid7()),
        "name": "Ateliers Moreau SARL",
        "website": "moreau.example",
        "employees": 42,
        "annual_revenue": "1200000",
        "currency": "EUR",
        "tier": "B",
        "sites": [
            {"street": "1 rue de la Paix", "city": "Lyon", "postal_code": "69002", "country": "France"},
            {"label": "Works", "country": "FR", "latitude": "45.764043", "longitude": "4.835659", "is_primary": True},
        ],
        "phones": [{"number": "04 72 00 00 00", "kind": "work", "extension": "5"}],
        "emails": [{"address": "Hello@moreau.example"}],
    }
    answer = caller.post("companies", sent)
    assert answer.status_code == 201, answer.content
    shown = body(answer)
    assert (shown["id"], shown["domain"], shown["annual_revenue"]) == (sent["id"], "moreau.example", "1200000.00")
    works, office = shown["sites"]
    assert (works["label"], works["is_primary"], works["latitude"]) == ("Works", True, "45.764043")
    assert (office["country"], office["is_primary"], office["latitude"]) == ("FR", False, None)
    assert [(one["number"], one["extension"], one["is_primary"]) for one in shown["phones"]] == [
        ("+33472000000", "5", True)
    ]
    assert shown["emails"][0]["address"] == "Hello@moreau.example"
    assert body(caller.post("companies", sent)) == shown, "a repeat finds the first"
    assert Company.objects.count() == 1


def test_lists_are_changed_as_a_whole_and_what_stays_keeps_its_id(caller: Caller):
    company = CompanyFactory()
    kept, gone = SiteFactory(company=company, is_primary=True), SiteFactory(company=company)
    phone = PhoneFactory(contact=None, company=company, number="+33472000000")
    at = f"companies/{company.pk}"
    sites = [{"id": str(kept.pk), "street": "2 quai", "country": "FR"}, {"street": "3 quai", "country": "FR"}]
    shown = body(caller.patch(at, {"sites": sites, "phones": [{"number": "+33472000000"}, {"number": "+33472000001"}]}))
    assert [site["street"] for site in shown["sites"]] == ["2 quai", "3 quai"]
    assert str(gone.pk) not in {site["id"] for site in shown["sites"]}
    assert shown["sites"][0]["id"] == str(kept.pk)
    assert shown["phones"][0]["id"] == str(phone.pk)
    assert body(caller.patch(at, {"name": "Renamed"}))["phones"] == shown["phones"], "what is not named stays"
    assert body(caller.patch(at, {"phones": []}))["phones"] == []


def test_a_fault_in_a_list_is_pointed_at(caller: Caller):
    refused = problem(
        caller.post("companies", {"name": "A", "phones": [{"number": "+33472000000"}, {"kind": "x"}]}), 422, "invalid"
    )
    assert {fault["pointer"] for fault in refused["errors"]} == {"/phones/1/number", "/phones/1/kind"}


def test_a_company_is_not_part_of_itself(caller: Caller):
    company = CompanyFactory()
    problem(caller.patch(f"companies/{company.pk}", {"parent": str(company.pk)}), 422, "invalid")


def test_a_company_is_somebody_s_account(boss: Caller, rep: Any):
    company = CompanyFactory()
    assert body(boss.post(f"companies/{company.pk}/assign", {"to": str(rep.pk)}))["owner"]["id"] == str(rep.pk)
    problem(boss.patch(f"companies/{company.pk}", {"owner": None}), 422, "invalid", "unknown_field")
    assert [row["id"] for row in boss.walk("companies", owner=rep.pk)] == [str(company.pk)]


def test_companies_are_narrowed(caller: Caller):
    parent = CompanyFactory()
    wanted = SiteFactory(company=CompanyFactory(tier="A", sector="Tools", domain="a.example", parent=parent)).company
    CompanyFactory(merged_into=wanted)
    for query in (
        {"tier": "A"},
        {"sector": "Tools"},
        {"domain": "https://www.a.example"},
        {"country": "fr"},
        {"parent": parent.pk},
    ):
        assert [row["id"] for row in caller.walk("companies", **query)] == [str(wanted.pk)], query
    assert len(caller.walk("companies")) == 2, "merged ones are left out"
    merged = caller.walk("companies", merged="true")
    assert [row["merged_into"]["id"] for row in merged] == [str(wanted.pk)]
    assert body(caller.get(f"companies/{merged[0]['id']}"))["merged_into"]["id"] == str(wanted.pk)


def test_a_contact_is_made_changed_and_shown(caller: Caller):
    company = CompanyFactory(name="Moreau")
    CustomFieldFactory(holder="contact", key="size", kind="choice", choices=["S", "M"])
    answer = caller.post(
        "contacts",
        {
            "first_name": "Inès",
            "last_name": "Moreau",
            "company": str(company.pk),
            "level": "signer",
            "time_zone": "Europe/Paris",
            "contact_windows": {"mon": [["09:00", "11:00"]]},
            "emails": [{"address": "ines@moreau.example"}, {"address": "old@moreau.example", "is_bad": True}],
            "custom": {"size": "M"},
        },
    )
    assert answer.status_code == 201, answer.content
    shown = body(answer)
    assert (shown["name"], shown["company"]["name"], shown["level"]) == ("Inès Moreau", "Moreau", "signer")
    assert shown["contact_windows"]["mon"] == [["09:00", "11:00"]]
    assert [(one["address"], one["is_bad"]) for one in shown["emails"]] == [
        ("ines@moreau.example", False),
        ("old@moreau.example", True),
    ]
    assert shown["custom"] == {"size": "M"}
    changed = body(caller.patch(f"contacts/{shown['id']}", {"job_title": "CEO", "level": None}))
    assert (changed["job_title"], changed["level"], changed["custom"]) == ("CEO", None, {"size": "M"})


def test_contacts_are_narrowed(caller: Caller):
    wanted = ContactFactory(level="user", do_not_contact=False)
    caller.patch(
        f"contacts/{wanted.pk}", {"emails": [{"address": "Me@x.example"}], "phones": [{"number": "+33612345678"}]}
    )
    ContactFactory()
    for query in (
        {"email": "ME@x.example"},
        {"phone": "+33 6 12 34 56 78"},
        {"level": "user"},
        {"company": wanted.company_id},
    ):
        assert [row["id"] for row in caller.walk("contacts", **query)] == [str(wanted.pk)], query


def test_do_not_contact_and_back(caller: Caller):
    contact = ContactFactory()
    forbidden = body(caller.post(f"contacts/{contact.pk}/forbid", {"reason": "Asked us"}))
    assert (forbidden["do_not_contact"], forbidden["do_not_contact_reason"]) == (True, "Asked us")
    assert forbidden["do_not_contact_at"].endswith("Z")
    problem(caller.patch(f"contacts/{contact.pk}", {"do_not_contact": False}), 422, "invalid", "unknown_field")
    assert body(caller.post(f"contacts/{contact.pk}/allow"))["do_not_contact"] is False


def test_the_newest_consent_of_a_channel_holds(caller: Caller):
    contact = ContactFactory()
    at = f"contacts/{contact.pk}/consents"
    assert caller.post(at, {"channel": "email", "state": "given", "at": "2026-01-01T00:00:00Z"}).status_code == 200
    caller.post(at, {"channel": "call", "state": "given"})
    shown = body(caller.post(at, {"channel": "email", "state": "refused", "proof": "Mail of May"}))
    assert {(one["channel"], one["state"]) for one in shown["consents"]} == {("email", "refused"), ("call", "given")}
    assert [one["state"] for one in caller.walk("consents", contact=contact.pk, channel="email", order="at")] == [
        "given",
        "refused",
    ]
    assert Consent.objects.count() == 3
    problem(caller.post(at, {"channel": "email", "state": "given", "at": "2999-01-01T00:00:00Z"}), 422, "invalid")


def test_people_are_no_business_of_finance():
    finance, contact = Caller(UserFactory(finance=True)), ContactFactory()
    PhoneFactory(contact=None, company=contact.company)
    problem(finance.get("contacts"), 403, "forbidden")
    assert body(finance.get(f"companies/{contact.company_id}"))["phones"] == []
    assert Contact.objects.count() == 1
