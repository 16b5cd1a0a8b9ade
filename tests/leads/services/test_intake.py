"""Every enquiry becomes one lead on one company and one contact."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest
from django.db import connection

from crm.core import ids
from crm.core.errors import Conflict, Invalid, NotFound
from crm.core.models import JournalEntry
from leads.models import Company, Contact, Lead
from leads.services.intake import receive_enquiry, upsert_lead
from tests.factories.accounts import UserFactory
from tests.factories.leads import (
    CompanyFactory,
    ContactFactory,
    EmailFactory,
    PhoneFactory,
    ProductFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db


def test_a_new_person_at_a_new_company():
    ProductFactory(name="GTX Pro", name_key="gtxpro")
    lead = receive_enquiry(
        actor=None,
        first_name="Jean-Luc",
        last_name="GÉRARD",
        email="Jean-Luc.Gerard@Muller.example.org",
        phone="04 72 00 00 01",
        job_title="Acheteur",
        company_name="S.A.R.L. Müller",
        street="3 rue Neuve",
        city="Lyon",
        postal_code="69002",
        country="France",
        latitude=Decimal("45.76"),
        longitude=Decimal("4.83"),
        product="gtxpro",
        expected_value=Decimal(12000),
        currency="EUR",
        source="Website",
    )
    assert lead.company is not None
    assert lead.contact is not None
    assert (lead.company.name, lead.company.name_key, lead.company.domain) == (
        "S.A.R.L. Müller",
        "muller",
        "muller.example.org",
    )
    site = lead.company.sites.get()
    assert (site.country, site.is_primary, site.point_source, lead.site_id) == ("FR", True, "given", site.pk)
    assert [phone.number for phone in lead.contact.phones.all()] == ["+33472000001"]
    assert [(email.address, email.is_primary) for email in lead.contact.emails.all()] == [
        ("Jean-Luc.Gerard@Muller.example.org", True)
    ]
    assert (lead.status, lead.product.name, lead.owner) == ("new", "GTX Pro", None)
    events = set(JournalEntry.objects.values_list("event", flat=True))
    assert events >= {"company.created", "contact.created", "lead.created"}


@pytest.mark.parametrize(
    "again",
    [
        {"email": "JEAN@firm.test"},
        {"email": "jean@firm.test", "last_name": "Somebody Else"},
        {"phone": "+33 (0)4 72 00 00 01", "last_name": "Gérard", "first_name": "Jean"},
        {"phone": "0033472000001"},
    ],
)
def test_the_same_person_is_found_however_they_write_it(again):
    contact = ContactFactory(first_name="Jean", last_name="Gerard")
    EmailFactory(contact=contact, address="Jean@Firm.test")
    PhoneFactory(contact=contact, number="+33472000001")
    lead = receive_enquiry(actor=None, country="FR", **again)
    assert lead.contact == contact
    assert Contact.objects.count() == 1


def test_another_name_on_the_same_switchboard_is_another_person():
    contact = ContactFactory(first_name="Jean", last_name="Gerard")
    PhoneFactory(contact=contact, number="+33472000001")
    lead = receive_enquiry(actor=None, phone="+33472000001", first_name="Paula", last_name="Durand")
    assert lead.contact != contact


def test_a_shared_mailbox_is_not_one_person():
    contact = ContactFactory(first_name="Jean", last_name="Gerard")
    EmailFactory(contact=contact, address="info@firm.test")
    lead = receive_enquiry(actor=None, email="info@firm.test", first_name="Paula", last_name="Durand")
    assert lead.contact != contact


def test_a_known_company_is_found_by_name_in_its_country():
    french = SiteFactory(company=CompanyFactory(name="Dupont SA", name_key="dupont"), country="FR").company
    assert receive_enquiry(actor=None, company_name="DUPONT", country="FR").company == french
    assert receive_enquiry(actor=None, company_name="Dupont", country="Belgium").company != french


def test_a_known_company_is_found_by_the_domain_of_the_address():
    firm = CompanyFactory(name="Firm", name_key="firm", domain="firm.test")
    assert receive_enquiry(actor=None, email="new@firm.test", last_name="New").company == firm
    other = receive_enquiry(actor=None, email="x@firm.test", last_name="X", company_name="Quite Another").company
    assert other != firm


def test_free_mail_says_nothing_about_the_company():
    first = receive_enquiry(actor=None, email="a@gmail.com", last_name="A", company_name="Alpha")
    second = receive_enquiry(actor=None, email="b@gmail.com", last_name="B")
    assert first.company is not None
    assert second.company is None


def test_what_is_found_is_completed_and_never_overwritten():
    company = CompanyFactory(name="Firm", name_key="firm", website="https://old.test", domain="old.test")
    contact = ContactFactory(company=company, first_name="Jean", last_name="Gerard", job_title="")
    EmailFactory(contact=contact, address="jean@firm.test", is_primary=True)
    receive_enquiry(
        actor=None, email="jean@firm.test", phone="+33611111111", job_title="Head", last_name="Gérard-Martin",
        company_name="firm", website="https://new.test", city="Lyon", country="FR",
    )  # fmt: skip
    contact.refresh_from_db()
    company.refresh_from_db()
    assert (contact.last_name, contact.job_title, contact.phones.get().number) == ("Gerard", "Head", "+33611111111")
    assert (company.website, company.sites.get().city) == ("https://old.test", "Lyon")


def test_a_repeat_with_the_same_id_returns_the_same_lead():
    key = ids.uuid7()
    first = receive_enquiry(actor=None, lead_id=key, last_name="Once")
    again = receive_enquiry(actor=None, lead_id=key, last_name="Once")
    assert first == again
    assert Lead.objects.count() == Contact.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "last_name"),
        ({"email": "no address"}, "email"),
        ({"last_name": "A", "phone": "call me"}, "phone"),
        ({"last_name": "A", "country": "Atlantis"}, "country"),
        ({"last_name": "A", "latitude": Decimal(1)}, "longitude"),
        ({"last_name": "A", "company_name": "B", "latitude": Decimal(99), "longitude": Decimal(1)}, None),
        ({"last_name": "A", "product": "Nothing"}, "product"),
        ({"last_name": "A", "expected_value": Decimal(5)}, None),
        ({"last_name": "A", "expected_value": Decimal(-5), "currency": "EUR"}, "expected_value"),
        ({"last_name": "A", "currency": "XXQ"}, "currency"),
        ({"last_name": "A", "score_total": 9}, "score_total"),
        ({"last_name": "A" * 101}, "last_name"),
    ],
)
def test_bad_input_is_named_and_leaves_nothing(wrong, field):
    with pytest.raises(Invalid) as caught:
        receive_enquiry(actor=None, **wrong)
    assert caught.value.field == field or field is None
    assert not Lead.objects.exists()
    assert not Contact.objects.exists()
    assert not Company.objects.exists()


@pytest.mark.parametrize(
    "name", ["محمد الأمين", "李小龍", "Đặng Văn Lâm", "Ærøskøbing Ø", "สมชาย ใจดี", "O'Brien-Núñez"]
)
def test_names_of_any_script_survive(name):
    lead = receive_enquiry(actor=None, last_name=name, company_name=name)
    lead.refresh_from_db()
    assert (lead.contact.last_name, lead.company.name) == (name, name)


def test_upsert_makes_once_and_then_changes():
    rep = UserFactory(admin=True)
    lead, made = upsert_lead(actor=rep, external_source="shop", external_id="7", last_name="Ann", source="Ad")
    again, made_again = upsert_lead(actor=rep, external_source="shop", external_id="7", last_name="Ann", source="Fair")
    assert (made, made_again, again.pk, again.source) == (True, False, lead.pk, "Fair")


def test_an_external_id_that_is_taken_is_refused():
    receive_enquiry(actor=None, last_name="A", external_source="shop", external_id="7")
    with pytest.raises((Conflict, Invalid)):
        receive_enquiry(actor=None, last_name="B", external_source="shop", external_id="7")


def test_links_out_of_sight_do_not_exist():
    finance = UserFactory(capabilities=["calls"])
    with pytest.raises((Invalid, NotFound)):
        receive_enquiry(actor=finance, last_name="A", owner=ids.uuid7())


@pytest.mark.django_db(transaction=True)
def test_eight_enquiries_of_one_person_at_once_make_one_person():
    barrier = threading.Barrier(8)
    faults = []

    def enquire() -> None:
        try:
            barrier.wait(10)
            receive_enquiry(actor=None, email="One@firm.test", last_name="One", company_name="Firm Ltd")
        except Exception as error:  # noqa: BLE001 (a thread's failure is the test's)
            faults.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=enquire) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert (Contact.objects.count(), Company.objects.count(), Lead.objects.count()) == (1, 1, 8)
