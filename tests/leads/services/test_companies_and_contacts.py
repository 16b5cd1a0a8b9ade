"""Companies with sites, contacts with phones, e-mails and what they allow."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from crm.core import clock, ids
from crm.core.errors import Conflict, Forbidden, Invalid, VersionConflict
from crm.core.models import JournalEntry
from leads.models import Company, Phone, Site
from leads.services import companies, contacts
from tests.factories.accounts import UserFactory
from tests.factories.leads import CompanyFactory, ContactFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rep():
    return UserFactory(capabilities=["visits"])


def test_a_company_with_everything(rep):
    company = companies.create_company(
        actor=rep,
        name="Müller GmbH",
        website="www.mueller.test",
        annual_revenue=Decimal("1100.04"),
        currency="USD",
        tier="A",
        sites=[{"street": "A 1", "city": "Köln", "country": "DE"}, {"city": "Bonn", "country": "Germany"}],
        phones=["0221 123456"],
        emails=["Info@Mueller.test"],
    )
    company.refresh_from_db()
    assert (company.name_key, company.website, company.domain) == ("muller", "https://www.mueller.test", "mueller.test")
    assert [(site.city, site.country, site.is_primary) for site in company.sites.all()] == [
        ("Köln", "DE", True),
        ("Bonn", "DE", False),
    ]
    assert company.phones.get().number == "+49221123456"
    assert JournalEntry.objects.get(object_id=company.pk).event == "company.created"


def test_a_repeat_returns_the_same(rep):
    key = ids.uuid7()
    assert companies.create_company(actor=rep, company_id=key, name="A") == companies.create_company(
        actor=rep, company_id=key, name="A"
    )
    assert Company.objects.count() == 1


def test_whole_lists_are_replaced_and_what_stays_keeps_its_id(rep):
    company = companies.create_company(
        actor=rep,
        name="A",
        sites=[{"city": "Lyon", "country": "FR"}, {"city": "Paris"}],
        phones=["+33472000001", "+33472000002"],
    )
    lyon, phone = company.sites.get(city="Lyon"), company.phones.get(number="+33472000002")
    companies.change_company(
        actor=rep,
        company_id=company.pk,
        changes={
            "sites": [{"id": lyon.pk, "city": "Lyon 2", "country": "FR"}, {"city": "Nice"}],
            "phones": ["04 72 00 00 02", "04 72 00 00 03"],
        },
    )
    assert {site.city: site.pk for site in company.sites.all()}["Lyon 2"] == lyon.pk
    assert set(company.sites.values_list("city", flat=True)) == {"Lyon 2", "Nice"}
    assert company.phones.get(number="+33472000002").pk == phone.pk
    assert company.phones.get(is_primary=True).pk == phone.pk
    entry = JournalEntry.objects.get(event="company.changed", object_id=company.pk)
    assert entry.changes["phones"] == [["+33472000001", "+33472000002"], ["+33472000002", "+33472000003"]]


def test_a_company_is_not_part_of_its_own_part(rep):
    top, middle, low = (companies.create_company(actor=rep, name=name) for name in "ABC")
    companies.change_company(actor=rep, company_id=low.pk, changes={"parent": middle})
    companies.change_company(actor=rep, company_id=middle.pk, changes={"parent": top})
    for parent in (low, top):
        with pytest.raises(Invalid) as caught:
            companies.change_company(actor=rep, company_id=top.pk, changes={"parent": parent})
        assert caught.value.field in {"parent", None}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"website": "not an address"}, "website"),
        ({"founded_year": 12}, "founded_year"),
        ({"tier": "Z"}, "tier"),
        ({"sites": [{"city": "X", "country": "Nowhere at all"}]}, "country"),
        ({"phones": ["x"]}, "phones"),
        ({"emails": ["x"]}, "emails"),
        ({"annual_revenue": Decimal(1)}, None),
        ({"merged_into": None}, "merged_into"),
        ({"owner": ids.uuid7()}, "owner"),
    ],
)
def test_bad_input_is_named_and_changes_nothing(rep, changes, field):
    company = companies.create_company(actor=rep, name="A", phones=["+33472000001"])
    with pytest.raises(Invalid) as caught:
        companies.change_company(actor=rep, company_id=company.pk, changes=changes)
    assert caught.value.field == field
    company.refresh_from_db()
    assert (company.name, company.version, company.phones.count()) == ("A", 1, 1)


def test_who_does_not_sell_makes_nothing():
    with pytest.raises(Forbidden):
        companies.create_company(actor=UserFactory(capabilities=["approves"]), name="A")


def test_a_merged_company_is_closed(rep):
    kept = CompanyFactory()
    gone = CompanyFactory(merged_into=kept)
    with pytest.raises(Conflict) as caught:
        companies.change_company(actor=rep, company_id=gone.pk, changes={"name": "B"})
    assert caught.value.specific_code == "merged"


@pytest.mark.parametrize("wrong", [{"contact": None, "company": None}, {"both": True}])
def test_the_database_wants_one_holder_of_a_number(wrong):
    holders = {"contact": ContactFactory(), "company": CompanyFactory()} if "both" in wrong else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        Phone.objects.create(number="+33472000001", **holders)


def test_the_database_wants_one_main_site():
    site = SiteFactory(is_primary=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        SiteFactory(company=site.company, is_primary=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        Site.objects.create(company=site.company, latitude=Decimal(5))


# --- Contacts ---------------------------------------------------------------------------------------------------------


def test_a_contact_takes_the_numbers_of_its_company_country(rep):
    company = SiteFactory(country="ID").company
    contact = contacts.create_contact(
        actor=rep, company=company, last_name="Sari", phones=["0812-3456-789"], emails=["S@a.test"]
    )
    assert contact.phones.get().number == "+628123456789"
    assert (contact.emails.get().address, contact.emails.get().key) == ("S@a.test", "s@a.test")


def test_preferred_hours_are_read(rep):
    contact = contacts.create_contact(actor=rep, last_name="A", contact_windows={"mon": [["09:00", "11:00"]]})
    assert contact.contact_windows["mon"] == [["09:00", "11:00"]]
    with pytest.raises(Invalid) as caught:
        contacts.change_contact(
            actor=rep, contact_id=contact.pk, changes={"contact_windows": {"mon": [["25:00", "11:00"]]}}
        )
    assert "contact_windows" in (caught.value.field or "")


def test_somebody_without_name_number_and_address_is_nobody(rep):
    with pytest.raises(Invalid):
        contacts.create_contact(actor=rep, job_title="Director")


def test_do_not_contact_is_said_once_and_can_be_taken_back(rep):
    contact = ContactFactory()
    for _ in range(2):
        contacts.forbid_contact(actor=rep, contact_id=contact.pk, reason="Asked by phone")
    contact.refresh_from_db()
    assert (contact.do_not_contact, contact.do_not_contact_reason) == (True, "Asked by phone")
    contacts.allow_contact(actor=rep, contact_id=contact.pk)
    contact.refresh_from_db()
    assert (contact.do_not_contact, contact.do_not_contact_at) == (False, None)
    assert JournalEntry.objects.filter(object_id=contact.pk).count() == 2


def test_consent_carries_its_proof_and_the_newest_holds(rep):
    contact = ContactFactory()
    contacts.record_consent(actor=rep, contact_id=contact.pk, channel="email", state="given", proof="Form 7")
    contacts.record_consent(
        actor=rep, contact_id=contact.pk, channel="email", state="refused", at=clock.now() - timedelta(days=9)
    )
    assert contact.consents.filter(channel="email").first().state == "given"
    with pytest.raises(Invalid):
        contacts.record_consent(actor=rep, contact_id=contact.pk, channel="email", state="maybe")
    with pytest.raises(Invalid):
        contacts.record_consent(
            actor=rep, contact_id=contact.pk, channel="email", state="given", at=clock.now() + timedelta(days=1)
        )


def test_an_old_version_is_refused(rep):
    contact = ContactFactory()
    contacts.change_contact(actor=rep, contact_id=contact.pk, changes={"job_title": "A"}, expected_version=1)
    with pytest.raises(VersionConflict):
        contacts.change_contact(actor=rep, contact_id=contact.pk, changes={"job_title": "B"}, expected_version=1)
