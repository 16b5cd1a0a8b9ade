"""Keys and candidates in Postgres: found whatever is written differently, bounded, and only what may be one."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from crm.core import clock, work
from crm.core.errors import Conflict, Forbidden, NotFound
from leads.duplicates import stored
from leads.duplicates.records import Record
from leads.models import Company, CompanyKey, Contact, ContactKey, DuplicateCheck, DuplicatePair
from leads.services import duplicates, merging
from tests.api.racing import race
from tests.factories.accounts import UserFactory
from tests.factories.leads import CompanyFactory, ContactFactory, EmailFactory, PhoneFactory, SiteFactory

pytestmark = pytest.mark.django_db


def company(name: str, **site: str) -> Company:
    made = CompanyFactory(name=name)
    if site:
        SiteFactory(company=made, is_primary=True, **site)
    duplicates.write_keys(made, at_once=True)
    return made


def contact(first: str, last: str, **more: Any) -> Contact:
    email, phone = more.pop("email", ""), more.pop("phone", "")
    made = ContactFactory(first_name=first, last_name=last, **more)
    if email:
        EmailFactory(contact=made, address=email)
    if phone:
        PhoneFactory(contact=made, number=phone)
    duplicates.write_keys(made, at_once=True)
    return made


def found(candidates: list[stored.Candidate]) -> list[object]:
    return [candidate.id for candidate in candidates]


# --- Companies -------------------------------------------------------------------------------------------------------


def test_a_company_is_found_by_a_name_with_a_slip():
    one = company("Müller Stahlbau GmbH", street="Hauptstraße 5", city="Köln", postal_code="50667", country="DE")
    company("Meier Holzbau", street="Hauptstraße 5", city="Köln", postal_code="50667", country="DE")
    asked = Record(key=None, name="Mueller Stahlbau", city="Köln", postal_code="50667")
    asked_too = Record(key=None, name="Muller Stahlbua", city="Köln", postal_code="50667")
    for record in (asked, asked_too):
        assert found(stored.candidates_for_company(record)) == [one.pk], record.name


def test_neighbours_in_one_building_are_two():
    company("Alpha Consulting", street="1 High Street", city="Leeds", postal_code="LS1 4AB", country="GB")
    asked = Record(key=None, name="Zeta Plumbing", street="1 High Street", city="Leeds", postal_code="LS1 4AB")
    assert stored.candidates_for_company(asked) == []


def test_reasons_come_with_each_candidate():
    company("Acme", street="1 High Street", city="Leeds", postal_code="LS1 4AB", country="GB")
    (candidate,) = stored.candidates_for_company(
        Record(key=None, name="Acme Ltd", street="1 High St.", city="Leeds", postal_code="LS1 4AB", country="GB")
    )
    assert candidate.is_automatic
    assert {reason.field for reason in candidate.reasons} >= {"name", "street", "city", "postal_code"}


# --- Contacts --------------------------------------------------------------------------------------------------------


def test_a_contact_is_found_by_mailbox_number_or_name_at_the_firm():
    firm = CompanyFactory(name="Acme")
    anna = contact("Anna", "Kowalska", company=firm, email="Anna@acme.test", phone="+48221234567")
    for record in (
        Record(key=None, given_name="A.", family_name="Kowalska", emails=("anna@acme.test",)),
        Record(key=None, given_name="Anna", family_name="Kovalska", phones=("+48221234567",)),
        Record(key=None, name="ACME SA", given_name="Ana", family_name="Kowalska"),
    ):
        assert found(stored.candidates_for_contact(record)) == [anna.pk], record


def test_colleagues_and_relatives_are_two():
    firm = CompanyFactory(name="Acme")
    contact("Anna", "Kowalska", company=firm, email="office@acme.test")
    asked = Record(key=None, name="Acme", given_name="Marek", family_name="Kowalska")
    assert stored.candidates_for_contact(asked) == []
    other = Record(key=None, name="Acme", given_name="John", family_name="Smith", emails=("office@acme.test",))
    assert stored.candidates_for_contact(other) == []


@pytest.mark.parametrize("name", [("毅", "王"), ("Ольга", "Иванова"), ("أحمد", "الخطيب")])
def test_every_script_is_found(name):
    one = contact(*name, company=CompanyFactory(name="北京公司"))
    asked = Record(key=None, name="北京公司", given_name=name[0], family_name=name[1])
    assert found(stored.candidates_for_contact(asked)) == [one.pk]


# --- Bounds ----------------------------------------------------------------------------------------------------------


def test_a_common_key_is_passed_over(monkeypatch):
    monkeypatch.setattr(stored, "LARGEST_BLOCK", 3)
    firm = CompanyFactory(name="Acme")
    for number in range(5):
        contact(f"First{number}", "Smith", company=firm)
    blocks = stored._blocks(stored.CONTACTS, {stored.hashed("sound:SM0"): "sound:SM0"})
    assert len(blocks["sound:SM0"]) == 4  # the cap, and one that shows that there are more
    assert stored._best_holders(blocks, 1000, set()) == []


def test_queries_are_flat(count_queries_of):
    for number in range(3):
        contact("Anna", f"Kowalsk{'aey'[number]}", phone="+48221234567")
    few = count_queries_of(lambda: duplicates.candidates_of(Contact.objects.first()))  # type: ignore[arg-type]
    for number in range(9):
        contact("Anna", f"Kowals{number}a", phone="+48221234567")
    assert count_queries_of(lambda: duplicates.candidates_of(Contact.objects.first())) == few <= 13  # type: ignore[arg-type]


@pytest.fixture
def count_queries_of(django_assert_max_num_queries: Any) -> Any:
    def count(act: Any) -> int:
        with django_assert_max_num_queries(50) as captured:
            act()
        return len(captured)

    return count


def test_making_a_record_due_costs_one_statement(count_queries_of):
    made = CompanyFactory()
    assert count_queries_of(lambda: duplicates.write_keys(made)) == 1


# --- Keeping keys ----------------------------------------------------------------------------------------------------


def test_keys_follow_the_record_and_right_ones_stay():
    one = company("Acme", street="1 High Street", city="Leeds", postal_code="LS1 4AB")
    before = dict(CompanyKey.objects.values_list("key", "pk"))
    one.name = "Blue Heron"
    one.save()
    duplicates.write_keys(one, at_once=True)
    after = dict(CompanyKey.objects.values_list("key", "pk"))
    assert stored.hashed("name-sound:AKM") in before.keys() - after.keys()
    shared = before.keys() & after.keys()
    assert shared
    assert all(before[key] == after[key] for key in shared)


@pytest.mark.parametrize("are_new", [True, False])
def test_many_at_once_are_the_same_as_one_by_one(are_new):
    people = [ContactFactory(first_name="Anna", last_name=f"Name{number}") for number in range(4)]
    duplicates.write_keys_many(Contact, [person.pk for person in people], are_new=are_new)
    at_once = set(ContactKey.objects.values_list("contact_id", "key"))
    ContactKey.objects.all().delete()
    for person in people:
        duplicates.write_keys(person, at_once=True)
    assert set(ContactKey.objects.values_list("contact_id", "key")) == at_once != set()
    assert DuplicateCheck.objects.count() == 4


# --- Pairs -----------------------------------------------------------------------------------------------------------


def sweep() -> None:
    duplicates.DuplicatesDue().run()


def test_a_change_leads_to_a_pair_once():
    firm = CompanyFactory(name="Acme")
    one = contact("Anna", "Kowalska", company=firm, email="a@acme.test")
    other = contact("Anna", "Kowalska", company=firm, email="a@acme.test")
    contact("Piotr", "Nowak", company=firm)
    sweep()
    pair = DuplicatePair.objects.get()
    assert {pair.one_id, pair.other_id} == {one.pk, other.pk}
    assert pair.score > 0.9
    assert pair.reasons[0].keys() == {"field", "similarity", "weight"}
    assert not DuplicateCheck.objects.exists()
    duplicates.write_keys(one)
    sweep()
    assert DuplicatePair.objects.count() == 1


def test_the_job_does_what_the_sweep_does():
    one, other = company("Acme Steel"), company("Acme Steel")
    for record in (one, other):
        work.run(duplicates.JOB, str(DuplicateCheck.objects.get(company=record).pk))
    assert DuplicatePair.objects.get().ones == tuple(sorted((one.pk, other.pk)))


def test_a_pair_that_is_none_any_more_goes():
    one, _other = company("Acme Steel"), company("Acme Steel")
    sweep()
    Company.objects.filter(pk=one.pk).update(name="Blue Heron Bakery")
    duplicates.write_keys(one)
    sweep()
    assert not DuplicatePair.objects.exists()


def test_not_the_same_is_remembered():
    rep = UserFactory(capabilities=["calls"])
    one, _other = company("Acme Steel"), company("Acme Steel")
    sweep()
    pair = DuplicatePair.objects.get()
    duplicates.dismiss_pair(actor=rep, pair_id=pair.pk)
    version = DuplicatePair.objects.get().version
    duplicates.dismiss_pair(actor=rep, pair_id=pair.pk)
    duplicates.write_keys(one)
    sweep()
    stored_pair = DuplicatePair.objects.get()
    assert (stored_pair.state, stored_pair.version) == ("dismissed", version)
    assert duplicates.candidates_of(one) == []
    duplicates.reopen_pair(actor=rep, pair_id=pair.pk)
    assert len(duplicates.candidates_of(one)) == 1


def test_deciding_is_refused_to_who_may_not():
    one, other = company("Acme Steel"), company("Acme Steel")
    pair = DuplicatePair.objects.create(company=one, other_company=other, score=0.9)
    with pytest.raises(Forbidden):
        duplicates.dismiss_pair(actor=UserFactory(finance=True), pair_id=pair.pk)
    with pytest.raises(NotFound):
        duplicates.dismiss_pair(actor=UserFactory(capabilities=["calls"]), pair_id=one.pk)
    merging.merge_companies(actor=None, kept_id=one.pk, gone_id=other.pk)
    with pytest.raises(Conflict):
        duplicates.dismiss_pair(actor=UserFactory(capabilities=["calls"]), pair_id=pair.pk)


def test_the_old_name_of_a_merged_company_finds_the_kept_one():
    kept, gone = company("International Business Machines"), company("Blue Giant")
    merging.merge_companies(actor=None, kept_id=kept.pk, gone_id=gone.pk)
    sweep()
    assert found(stored.candidates_for_company(Record(key=None, name="Blue Giant"))) == [kept.pk]
    assert not DuplicatePair.objects.filter(state="open").exists()


@pytest.mark.django_db(transaction=True)
def test_a_record_that_somebody_writes_is_left_for_later():
    """The check must not wait for the writer, who may be waiting for the check's row."""
    one = company("Acme Steel")
    held, checked = threading.Event(), threading.Event()

    def act(place: int) -> bool:
        if place == 1:
            assert held.wait(timeout=20)
            sweep()  # returns although the other holds the company
            checked.set()
            return DuplicateCheck.objects.exists()
        with transaction.atomic():
            Company.objects.select_for_update().get(pk=one.pk)
            held.set()
            return checked.wait(timeout=20)

    DuplicateCheck.objects.all().update(due_at=clock.now() - timedelta(seconds=1))
    assert race(2, act) == [True, True]
    sweep()
    assert not DuplicateCheck.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_checks_at_once_make_one_pair():
    company("Acme Steel"), company("Acme Steel")
    keys = list(DuplicateCheck.objects.values_list("pk", flat=True))
    race(2, lambda place: work.run(duplicates.JOB, str(keys[place])))
    sweep()
    assert DuplicatePair.objects.count() == 1
    assert not DuplicateCheck.objects.exists()
