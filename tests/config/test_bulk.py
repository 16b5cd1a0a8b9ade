"""The large demo's history: written past the services, it must look as if they had written it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import F, Sum

from accounts.models import Team
from config.demo import bulk, history, market, words_lands
from crm.core import clock
from leads import normal
from leads.duplicates import stored
from leads.models import (
    Company,
    Contact,
    Deal,
    Email,
    Lead,
    Phone,
    Site,
    Word,
)
from leads.services import campaigns, deals, defaults, finding, products
from tests.factories.accounts import CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
LEADS = 240


def found() -> None:
    """A team per country with one who calls and one who visits, what is sold, and a campaign that runs."""
    for country in ("FR", "ID"):
        team = TeamFactory(calendar=CalendarFactory(country=country), kind=Team.Kind.MIXED)
        UserFactory(team=team)
        UserFactory(team=team, field=True)
    defaults.ensure_defaults()
    for part in market.PRODUCTS[1:5]:
        products.create_product(
            actor=None, name=part.name, price=Decimal(part.price), currency=part.currency,
            margin_rate=Decimal(part.margin), cycle_days=part.days, demo_need=part.demo,
        )  # fmt: skip
    today = clock.now().date()
    campaigns.create_campaign(actor=None, name="Always on", starts_on=today.replace(year=today.year - 4), ends_on=today)


@pytest.fixture(scope="module")
def history_there(django_db_setup, django_db_blocker):
    """One history for all tests that only read it; each of them runs in a savepoint on top."""
    with django_db_blocker.unblock(), transaction.atomic():
        found()
        bulk.fill(leads=LEADS, seed=3, processes=1)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def filled(history_there, db):
    """The order matters: the history first, the test's own transaction in it."""


def test_exactly_as_many_leads_and_every_row_obeys_its_model(filled):
    assert Lead.objects.count() == LEADS
    for model in (Company, Site, Contact, Phone, Email, Lead, Deal):
        for row in model._default_manager.all()[:60]:
            row.clean_fields()
            row.validate_constraints()


def test_moments_come_in_order_and_none_lies_ahead(filled):
    now = clock.now()
    assert not Lead.objects.filter(connected_at__lt=F("arrived_at")).exists()
    assert not Lead.objects.filter(closed_at__lt=F("connected_at")).exists()
    assert not Lead.objects.filter(updated_at__gt=now).exists()
    assert not Lead.objects.filter(company__created_at__gt=F("created_at")).exists()
    assert not Lead.objects.filter(contact__created_at__gt=F("created_at")).exists()
    assert not Deal.objects.filter(created_at__lt=F("lead__closed_at")).exists()
    assert not Lead.objects.exclude(status=Lead.Status.NEW).exclude(status="disqualified").filter(owner=None).exists()
    assert set(Lead.objects.values_list("status", flat=True)) >= {"qualified", "disqualified"}


def test_ids_are_of_their_moment_in_version_seven(filled):
    for lead in Lead.objects.all()[:40]:
        assert lead.pk.version == 7
        assert lead.pk.int >> 80 == pytest.approx(lead.created_at.timestamp() * 1000, abs=1000)


def test_scores_are_due(filled):
    assert Lead.objects.filter(score__total=None, score__due_at__lte=clock.now()).count() == LEADS


def test_deals_walk_their_stages_and_add_up(filled):
    rows = list(Deal.objects.select_related("stage").prefetch_related("lines", "splits", "stage_changes__stage"))
    assert {deal.state for deal in rows} >= {"won", "lost"}
    for deal in rows:
        walked = list(deal.stage_changes.all())
        assert (walked[-1].stage_id, walked[-1].state, walked[-1].at) == (deal.stage_id, deal.state, deal.stage_since)
        positions = [change.stage.position for change in walked]
        assert positions == sorted(positions)
        if deal.lines.all():
            assert deal.amount == sum(deals.line_total(line, deal.currency) for line in deal.lines.all())
    shares = (
        Deal.objects.filter(owner__isnull=False).annotate(whole=Sum("splits__share")).values_list("whole", flat=True)
    )
    assert set(shares) == {Decimal(1)}


def test_search_words_are_those_the_services_write(filled):
    for model in (Company, Contact, Lead, Deal):
        rows = dict(model._default_manager.values_list("pk", "search_words"))
        finding.index_many(model, list(rows))
        assert dict(model._default_manager.values_list("pk", "search_words")) == rows


def test_duplicate_keys_are_those_the_services_write(filled):
    for side, owner in ((stored.COMPANIES, "company_id"), (stored.CONTACTS, "contact_id")):
        ids = list(side.model._default_manager.values_list("pk", flat=True))
        kept = set(side.keys._default_manager.values_list(owner, "key"))
        wanted = {(pk, key) for pk, record in side.load(ids).items() for key in stored.stored_keys(side, record)}
        assert kept == wanted
        assert len(kept) == side.keys._default_manager.count()


def test_names_and_numbers_are_in_normal_form(filled):
    for company in Company.objects.all():
        assert company.name == normal.clean(company.name)
        assert company.name_key == normal.company_key(company.name)
        assert company.domain == normal.domain_of(company.website)
    for contact in Contact.objects.all():
        assert contact.name_key == normal.name_key(contact.name)
    for email in Email.objects.all():
        assert email.key == normal.email_key(email.address)
        assert email.address.endswith((".example", "@example.com")), "nobody real is ever written to"


@pytest.mark.parametrize("land", words_lands.LANDS, ids=lambda land: land.code)
def test_every_number_pattern_is_one_of_its_country(land):
    for pattern in (land.mobile, *(city.landline for city in land.cities)):
        for digit in "234":
            number = pattern.replace("#", digit)
            read = normal.phone_number(number, land.code)
            assert read is not None
            assert (read.number, read.is_known) == (number, True)


def test_what_somebody_means_is_found(filled):
    reader = UserFactory(admin=True)
    contact = Contact.objects.exclude(last_name="").filter(language="fr").order_by("pk").first()
    word = max(normal.name_key(contact.last_name).split(), key=len)
    assert Word.objects.filter(text=word).exists()
    typed = word[:-2] + word[-1] + word[-2]
    assert contact.pk in {row.pk for row in finding.find(reader, f"{typed} {contact.first_name}", "contacts", 50)}


def rules() -> set:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'leads_%'")
        indexes = set(cursor.fetchall())
        cursor.execute(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), convalidated FROM pg_constraint"
        )
        return indexes | set(cursor.fetchall())


def test_indexes_and_rules_are_taken_away_and_all_put_back(filled):
    before = rules()
    with bulk._without_indexes([Company, Contact, Lead, Phone]):
        assert len(rules()) < len(before) - 40
    assert rules() == before


def test_a_batch_is_the_same_each_time_and_another_with_another_seed(filled):
    setting = bulk._setting(5)
    first = history.tell(setting, 2, 60)
    assert first == history.tell(setting, 2, 60)
    assert first.lines["leads.lead"].count("\n") == 60
    assert first.lines != history.tell(setting, 3, 60).lines
    assert first.lines != history.tell(bulk._setting(6), 2, 60).lines


@pytest.mark.slow
def test_several_processes_tell_the_same_as_one(filled, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH", 30)
    setting = bulk._setting(5)
    assert list(bulk._told(setting, 100, 2)) == list(bulk._told(setting, 100, 1))


def test_few_own_much(filled):
    setting = bulk._setting(1)
    shares = history._shares(100, 0.8)
    assert shares[19] / shares[-1] > 0.45, "a fifth of the people owns about half"
    assert setting.days[-1] - setting.days[-365] > setting.days[365], "more of late than at first"
