"""Records are found by what somebody remembers of them: accents, parts of numbers, wrong letters; and only one's own."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from leads.finding.vocabulary import vocabulary
from leads.models import Company, Contact, Lead, Record, StaleWords, Word
from leads.services import finding
from tests.factories.accounts import TeamFactory, UserFactory
from tests.factories.leads import (
    CompanyFactory,
    ContactFactory,
    DealFactory,
    EmailFactory,
    LeadFactory,
    PhoneFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db
Commit = Callable[..., Any]


@pytest.fixture
def index(django_capture_on_commit_callbacks: Commit) -> Callable[..., None]:
    """Index as a service does, with what follows the commit (without the jobs: there is no broker here)."""

    def run(*records: Record) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            finding.index_words(*records)

    return run


@pytest.fixture
def lead(index: Callable[..., None]) -> Lead:
    company = CompanyFactory(name="Établissements Schröder & Fils", domain="schroeder-fils.test")
    SiteFactory(company=company, city="Besançon")
    contact = ContactFactory(company=company, first_name="Gérard", last_name="Lefèbvre")
    PhoneFactory(contact=contact, number="+33472001234")
    EmailFactory(contact=contact, address="G.Lefebvre@Schroeder-Fils.test")
    found: Lead = LeadFactory(contact=contact, company=company, external_source="shop", external_id="CRM-00042")
    index(found, contact, company)
    return found


@pytest.mark.parametrize(
    "query",
    [
        "lefebvre", "LEFÈBVRE", unicodedata.normalize("NFD", "Gérard"), "ger lef", "lefebvre gerard", "schröder", "schroder",
        "besancon", "04 72 00 12 34", "72 00 12", "+33 (0)472", "g.lefebvre@schroeder-fils.test", "schroeder-fils.test",
        "crm-00042", "CRM-000",
    ],
)  # fmt: skip
def test_a_lead_is_found_by_what_somebody_remembers(lead: Lead, query: str) -> None:
    admin = UserFactory(admin=True)
    assert finding.find(admin, query, "leads", 10) == [lead]
    assert finding.find(admin, query, "contacts", 10) == (
        [lead.contact] if query.lower() not in {"crm-00042", "crm-000"} else []
    )


@pytest.mark.parametrize("query", ["lefbvre", "lefebvra", "gerrard lefebrve", "shcröder", "besansson", "lefebrv"])
def test_a_typing_error_is_forgiven_by_the_vocabulary(lead: Lead, query: str) -> None:
    admin = UserFactory(admin=True)
    assert finding.find(admin, query, "leads", 10) == [lead]
    # The control: without the words nothing finds it, so it is the vocabulary that did.
    Word.objects.all().delete()
    vocabulary.forget()
    assert finding.find(admin, query, "leads", 10) == []


def test_what_is_too_far_off_is_not_found(lead: Lead) -> None:
    assert finding.find(UserFactory(admin=True), "laffitte", "leads", 10) == []


@pytest.mark.parametrize(
    ("first", "last", "queries"),
    [
        ("伟", "王", ["王伟", "伟"]),
        ("محمد", "الخطيب", ["الخطيب", "مُحَمَّد", "محمد الخط"]),
        ("สมชาย", "ใจดี", ["สมชาย", "มชา", "ใจดี"]),
        ("Пётр", "Чайковский", ["петр", "ЧАЙКОВСКИЙ", "чайк"]),
        ("민준", "김", ["민준", "김 민"]),
        ("Nguyễn", "Thị Hạnh", ["nguyen", "thi hanh"]),
    ],
)
def test_names_of_any_script(index: Callable[..., None], first: str, last: str, queries: list[str]) -> None:
    contact = ContactFactory(first_name=first, last_name=last, company=None)
    index(contact)
    for query in queries:
        assert finding.find(UserFactory(), query, "contacts", 5) == [contact], query


def test_a_cyrillic_typing_error(index: Callable[..., None]) -> None:
    contact = ContactFactory(first_name="Пётр", last_name="Чайковский", company=None)
    index(contact)
    assert finding.find(UserFactory(), "чайковскй", "contacts", 5) == [contact]


def test_deals_and_companies(index: Callable[..., None]) -> None:
    company = CompanyFactory(name="Acme Tubes")
    deal = DealFactory(name="Renewal 2031", company=company)
    index(company, deal)
    admin = UserFactory(admin=True)
    assert finding.find(admin, "acme", "deals", 5) == [deal]
    assert finding.find(admin, "renewal acme", "deals", 5) == [deal]
    assert finding.find(admin, "tubes", "companies", 5) == [company]
    assert finding.find(admin, "renewal", "companies", 5) == []


def test_each_finds_what_they_see(index: Callable[..., None]) -> None:
    """P27: neither by words, nor by numbers, nor by a typing error."""
    owner, other = UserFactory(team=TeamFactory()), UserFactory(team=TeamFactory())
    lead = LeadFactory(owner=owner, contact__last_name="Hidalgo")
    PhoneFactory(contact=lead.contact, number="+33472009876")
    index(lead)
    for query in ("hidalgo", "hidlago", "72009876"):
        assert finding.find(owner, query, "leads", 5) == [lead]
        assert finding.find(other, query, "leads", 5) == []
    for kind in ("companies", "contacts", "leads", "deals"):
        assert finding.find(UserFactory(capabilities=[]), "hidalgo", kind, 5) == []


def test_what_was_merged_is_found_under_the_other(index: Callable[..., None]) -> None:
    kept = CompanyFactory(name="Kept")
    gone = CompanyFactory(name="Gone Away", merged_into=kept)
    index(kept, gone)
    assert finding.find(UserFactory(), "gone", "companies", 5) == []


def test_the_name_itself_stands_before_what_contains_it(index: Callable[..., None]) -> None:
    others = [CompanyFactory(name=f"Bank {number} Orion") for number in range(5)]
    starts, exact = CompanyFactory(name="Orion Shipping"), CompanyFactory(name="Orion")
    index(*others, starts, exact)
    assert finding.find(UserFactory(), "orion", "companies", 3)[:2] == [exact, starts]


def test_whole_words_are_found_among_too_many_beginnings(index: Callable[..., None], monkeypatch: Any) -> None:
    monkeypatch.setattr(finding, "CANDIDATES", 3)
    index(*[CompanyFactory(name=f"Martinique {number}") for number in range(6)])
    exact = CompanyFactory(name="Martin")
    index(exact)
    assert finding.find(UserFactory(), "martin", "companies", 1) == [exact]


def test_a_rename_reaches_what_is_found_by_the_name(lead: Lead) -> None:
    admin = UserFactory(admin=True)
    Company.objects.filter(pk=lead.company_id).update(name="Zephyr")
    finding.index_words(lead.company)
    marker = StaleWords.objects.get()
    assert finding.find(admin, "zephyr", "leads", 5) == []
    finding.catch_up(str(marker.pk))
    assert finding.find(admin, "zephyr", "leads", 5) == [lead]
    assert finding.find(admin, "zephyr", "contacts", 5) == [lead.contact]
    assert finding.find(admin, "schroder", "leads", 5) == []
    assert not StaleWords.objects.exists()


def test_the_sweep_catches_up_in_bites_when_nobody_rang(lead: Lead, monkeypatch: Any) -> None:
    monkeypatch.setattr(finding, "AT_ONCE", 2)
    leads = [lead, *[LeadFactory(contact=lead.contact, company=lead.company) for _ in range(4)]]
    Contact.objects.filter(pk=lead.contact_id).update(last_name="Quixote")
    finding.index_words(lead.contact)
    finding.CatchUp().run()
    assert set(finding.find(UserFactory(admin=True), "quixote", "leads", 9)) == set(leads)
    assert not StaleWords.objects.exists()


def test_words_that_stay_are_not_written_and_leave_no_marker(lead: Lead) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM leads_lead WHERE id = %s", [lead.pk])
        before = cursor.fetchone()
        finding.index_words(lead, lead.contact, lead.company)
        cursor.execute("SELECT xmin::text FROM leads_lead WHERE id = %s", [lead.pk])
        assert cursor.fetchone() == before
    assert not StaleWords.objects.exists()


def test_many_at_once_cost_few_statements(count_queries: Any) -> None:
    leads = [LeadFactory() for _ in range(7)]
    with count_queries() as queries:
        finding.index_many(Lead, [lead.pk for lead in leads])
    assert queries.number == 4, queries.statements  # savepoint, read, write, release
    assert finding.find(UserFactory(admin=True), leads[3].contact.last_name, "leads", 5)[0] == leads[3]


@pytest.mark.parametrize(
    "query", ["", " ", "''", "':*", "a & !b | (c", "\\", "\x00", "'; drop table leads_lead; --", "x" * 5_000]
)
def test_hostile_queries_find_nothing_and_break_nothing(lead: Lead, query: str) -> None:
    assert finding.find(UserFactory(admin=True), query, "leads", 5) == []
