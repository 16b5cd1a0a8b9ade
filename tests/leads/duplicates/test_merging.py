"""Merging and taking it back: nothing lost, nothing doubled, everything as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from crm.core import clock, ids
from crm.core.errors import Conflict, Forbidden, Invalid, NotFound, VersionConflict
from crm.core.models import JournalEntry
from leads.duplicates import movers, stored
from leads.models import Company, Consent, Contact, CustomValue, DuplicatePair, Lead, MergeRecord, Phone
from leads.services import duplicates, intake, merging
from tests.api.racing import race
from tests.factories.accounts import UserFactory
from tests.factories.leads import (
    CompanyFactory,
    ConsentFactory,
    ContactFactory,
    CustomFieldFactory,
    DealFactory,
    EmailFactory,
    LeadFactory,
    PhoneFactory,
    ReferralLinkFactory,
    SiteFactory,
)

pytestmark = pytest.mark.django_db

# Counted up by every write, the undo included; derived rows are found again; the rest is the record of the merge itself.
# (A lead whose company changed is due for a new score, words and keys are written anew.)
NOT_COMPARED = frozenset({"version", "updated_at", "search_words"})
SCORE_DUE = "leads.leadscore.due_at"
DERIVED = frozenset(
    {
        "leads.companykey",
        "leads.contactkey",
        "leads.duplicatecheck",
        "leads.duplicatepair",
        "leads.mergerecord",
        "leads.stalewords",
        "leads.word",
        "leads.customvalue",
    }
)


def snapshot() -> dict[str, Any]:
    """Every row of every table of this app, value by value."""
    return {
        model._meta.label_lower: {
            row["pk"]: row
            for row in model._base_manager.values(
                "pk",
                *(
                    field.attname
                    for field in model._meta.concrete_fields
                    if field.name not in NOT_COMPARED and f"{model._meta.label_lower}.{field.name}" != SCORE_DUE
                ),
            )
        }
        for model in apps.get_app_config("leads").get_models()
        if model._meta.label_lower not in DERIVED
    }


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The rows that are not what they were, by table: what a failing test shows."""
    return {
        table: [(before[table].get(pk), after[table].get(pk)) for pk in keys]
        for table in before
        if (
            keys := [
                pk for pk in before[table].keys() | after[table].keys() if before[table].get(pk) != after[table].get(pk)
            ]
        )
    }


@pytest.fixture
def rep(db: None) -> Any:
    return UserFactory(capabilities=["calls"])


@pytest.fixture
def two(db: None) -> tuple[Company, Company]:
    return CompanyFactory(name="Acme SA", sector="Steel"), CompanyFactory(name="ACME", website="https://acme.test")


def merge(rep: Any, kept: Any, gone: Any, **more: Any) -> MergeRecord:
    verb = merging.merge_companies if isinstance(kept, Company) else merging.merge_contacts
    return verb(actor=rep, kept_id=kept.pk, gone_id=gone.pk, **more)


# --- Relations -------------------------------------------------------------------------------------------------------


def test_every_relation_has_a_mover():
    assert movers.unmoved() == []


def test_a_relation_without_a_mover_is_found():
    """The positive control of the test above."""
    key = ("leads.lead", "company")
    known = movers._relations.pop(key)
    try:
        assert movers.unmoved() == ["leads.Lead.company"]
    finally:
        movers._relations[key] = known


def test_a_relation_has_one_mover():
    with pytest.raises(ValueError, match="has a mover already"):
        movers.register("leads.Lead", "company", movers.repoint)


def test_every_relation_of_the_company_goes_over(rep, two):
    kept, gone = two
    site, contact = SiteFactory(company=gone, is_primary=True), ContactFactory(company=gone)
    lead, deal = LeadFactory(contact=None, company=gone, site=site), DealFactory(company=gone)
    part, phone = CompanyFactory(parent=gone), PhoneFactory(contact=None, company=gone, is_primary=True)
    email = EmailFactory(contact=None, company=gone)
    merge(rep, kept, gone)
    for row in (site, contact, lead, deal, phone, email):
        row.refresh_from_db()
        assert row.company_id == kept.pk, row
    part.refresh_from_db()
    assert part.parent_id == kept.pk
    assert Company.objects.get(pk=gone.pk).merged_into_id == kept.pk
    assert stored.standing_ids(Company, [gone.pk])[gone.pk] == kept.pk


def test_every_relation_of_the_contact_goes_over(rep):
    kept, gone = ContactFactory(), ContactFactory()
    rows = [
        LeadFactory(contact=gone),
        DealFactory(contact=gone),
        PhoneFactory(contact=gone),
        EmailFactory(contact=gone),
    ]
    rows += [ConsentFactory(contact=gone), ReferralLinkFactory(contact=gone)]
    merge(rep, kept, gone)
    for row in rows:
        row.refresh_from_db()
        assert row.contact_id == kept.pk, row


def test_versions_rise_so_that_no_older_copy_wins(rep, two):
    lead = LeadFactory(contact=None, company=two[1])
    merge(rep, *two)
    assert Lead.objects.get(pk=lead.pk).version == lead.version + 1


def test_only_one_stays_first(rep):
    kept, gone = ContactFactory(), ContactFactory()
    PhoneFactory(contact=kept, is_primary=True)
    PhoneFactory(contact=gone, is_primary=True)
    merge(rep, kept, gone)
    assert Phone.objects.filter(contact=kept).count() == 2
    assert Phone.objects.filter(contact=kept, is_primary=True).count() == 1


def test_the_same_number_is_not_doubled_and_stays_dead(rep):
    kept, gone = ContactFactory(), ContactFactory()
    PhoneFactory(contact=kept, number="+33472000000")
    PhoneFactory(contact=gone, number="+33472000000", is_bad=True)
    merge(rep, kept, gone)
    assert list(Phone.objects.filter(contact=kept).values_list("is_bad", flat=True)) == [True]


def test_a_part_that_swallows_its_parent_takes_its_place(rep):
    top = CompanyFactory()
    parent = CompanyFactory(parent=top)
    part = CompanyFactory(parent=parent)
    below = CompanyFactory(parent=part)
    merge(rep, part, parent)
    part.refresh_from_db()
    assert part.parent_id == top.pk
    assert Company.objects.get(pk=below.pk).parent_id == part.pk
    merging.unmerge_company(actor=rep, gone_id=parent.pk)
    part.refresh_from_db()
    assert part.parent_id == parent.pk


# --- Values ----------------------------------------------------------------------------------------------------------


def test_what_the_kept_one_lacks_is_filled_and_choices_win(rep, two):
    kept, gone = two
    gone.sector, gone.notes = "Metal", "Met at the fair"
    gone.save()
    merge(rep, kept, gone, choices={"sector": "gone"})
    kept.refresh_from_db()
    assert (kept.name, kept.website, kept.sector, kept.notes) == (
        "Acme SA",
        "https://acme.test",
        "Metal",
        "Met at the fair",
    )


def test_bad_choices_are_refused(rep, two):
    for choices, code in (({"nonsense": "kept"}, "unknown_field"), ({"sector": "both"}, "bad_choice")):
        with pytest.raises(Invalid) as refusal:
            merge(rep, *two, choices=choices)
        assert refusal.value.specific_code == code


def test_custom_fields_fill_up_and_stay_findable(rep, two):
    kept, gone = two
    field = CustomFieldFactory(holder="company", key="erp", is_unique=True)
    gone.custom = {"erp": "E-77"}
    gone.save()
    from leads.services import custom

    custom.write_values("company", gone.pk, gone.custom)
    merge(rep, kept, gone)
    kept.refresh_from_db()
    assert kept.custom == {"erp": "E-77"}
    assert CustomValue.objects.get(field=field).record_id == kept.pk
    merging.unmerge_company(actor=rep, gone_id=gone.pk)
    kept.refresh_from_db()
    assert kept.custom == {}
    assert CustomValue.objects.get(field=field).record_id == gone.pk


@pytest.mark.parametrize("forbidden", [0, 1])
def test_do_not_contact_survives_from_either_side(rep, forbidden):
    pair = [ContactFactory(), ContactFactory()]
    pair[forbidden].do_not_contact, pair[forbidden].do_not_contact_at = True, clock.now()
    pair[forbidden].save()
    merge(rep, *pair)
    assert Contact.objects.get(pk=pair[0].pk).do_not_contact


@pytest.mark.parametrize("refuser", [0, 1])
def test_a_refusal_survives_a_newer_consent_of_the_other(rep, refuser):
    pair = [ContactFactory(), ContactFactory()]
    now = clock.now()
    ConsentFactory(contact=pair[refuser], state="refused", at=now - timedelta(days=9))
    ConsentFactory(contact=pair[1 - refuser], state="given", at=now - timedelta(days=1))
    merge(rep, *pair)
    newest = Consent.objects.filter(contact=pair[0], channel="email").order_by("-at", "-pk").first()
    assert newest is not None
    assert newest.state == "refused"


def test_one_who_refused_and_then_agreed_has_agreed(rep):
    kept, gone = ContactFactory(), ContactFactory()
    now = clock.now()
    ConsentFactory(contact=gone, state="refused", at=now - timedelta(days=9))
    ConsentFactory(contact=gone, state="given", at=now - timedelta(days=1))
    merge(rep, kept, gone)
    assert Consent.objects.filter(contact=kept).order_by("-at").first().state == "given"  # type: ignore[union-attr]


# --- Once, by whom ---------------------------------------------------------------------------------------------------


def test_again_returns_the_same_merge(rep, two):
    first = merge(rep, *two)
    assert merge(rep, *two).pk == first.pk
    assert MergeRecord.objects.count() == 1
    assert JournalEntry.objects.filter(event="company.merged").count() == 1


def test_an_older_copy_neither_merges_nor_undoes(rep, two):
    with pytest.raises(VersionConflict):
        merge(rep, *two, expected_version=two[0].version + 1)
    assert not MergeRecord.objects.exists()
    merge(rep, *two, expected_version=two[0].version)
    with pytest.raises(VersionConflict):
        merging.unmerge_company(actor=rep, gone_id=two[1].pk, expected_version=two[0].version)


def test_what_makes_no_sense_is_refused(rep, two):
    kept, gone = two
    with pytest.raises(Invalid):
        merge(rep, kept, kept)
    with pytest.raises(NotFound):
        merging.merge_companies(actor=rep, kept_id=kept.pk, gone_id=ids.uuid7())
    merge(rep, kept, gone)
    with pytest.raises(Conflict):
        merge(rep, CompanyFactory(), gone)
    with pytest.raises(Conflict):
        merge(rep, gone, CompanyFactory())
    with pytest.raises(Conflict):
        merging.unmerge_company(actor=rep, gone_id=kept.pk)


def test_finance_does_not_merge(two):
    with pytest.raises(Forbidden):
        merge(UserFactory(finance=True), *two)


def test_the_journal_names_both_and_what_went_over(rep, two):
    lead = LeadFactory(contact=None, company=two[1])
    merge(rep, *two)
    events = set(JournalEntry.objects.values_list("event", "object_id"))
    assert {("company.merged", two[0].pk), ("company.absorbed", two[1].pk), ("lead.changed", lead.pk)} <= events


def test_a_preview_counts_only_what_the_reader_sees(rep, two):
    LeadFactory(contact=None, company=two[1], owner=rep)
    LeadFactory(contact=None, company=two[1], owner=UserFactory(capabilities=["calls"]))
    shown = merging.preview_merge(actor=rep, model=Company, kept_id=two[0].pk, gone_id=two[1].pk)
    assert dict(shown.moves)["Leads"] == 1
    assert {line.name: line.default for line in shown.fields}["website"] == "gone"


def test_an_id_elsewhere_goes_over_and_comes_back(rep, two):
    kept, gone = two
    Company.objects.filter(pk=gone.pk).update(external_source="erp", external_id="77")
    merge(rep, kept, gone)
    assert Company.objects.get(external_source="erp", external_id="77").pk == kept.pk
    merging.unmerge_company(actor=rep, gone_id=gone.pk)
    assert Company.objects.get(external_source="erp", external_id="77").pk == gone.pk


def test_an_enquiry_from_a_merged_company_reaches_the_kept_one(rep):
    kept, gone = CompanyFactory(name="International Business Machines"), CompanyFactory(name="Blue Giant")
    merge(rep, kept, gone)
    lead = intake.receive_enquiry(actor=None, last_name="Doe", email="doe@x.test", company_name="Blue Giant Ltd")
    assert lead.company_id == kept.pk
    assert Company.objects.count() == 2


def test_rows_found_by_old_names_lead_to_the_kept_record(rep, two, django_assert_num_queries):
    third = CompanyFactory()
    with django_assert_num_queries(0):
        assert stored.standing_for([third]) == [(third, third)]
    merge(rep, *two)
    merge(rep, third, two[0])
    old = Company.objects.get(pk=two[1].pk)
    assert stored.standing_for([old]) == [(old, third)]


# --- Back ------------------------------------------------------------------------------------------------------------


def test_what_was_edited_since_is_left_and_named(rep, two):
    kept, gone = two
    stays, goes_back = LeadFactory(contact=None, company=gone), LeadFactory(contact=None, company=gone)
    merge(rep, kept, gone)
    Lead.objects.filter(pk=stays.pk).update(company=CompanyFactory())
    Company.objects.filter(pk=kept.pk).update(website="https://new.test")
    undone = merging.unmerge_company(actor=rep, gone_id=gone.pk)
    assert {(row["model"], row["id"]) for row in undone.left} == {
        ("leads.Lead", str(stays.pk)),
        ("leads.Company", str(kept.pk)),
    }
    assert Lead.objects.get(pk=goes_back.pk).company_id == gone.pk
    assert Company.objects.get(pk=kept.pk).website == "https://new.test"
    assert Company.objects.get(pk=gone.pk).merged_into_id is None


def test_undo_twice_changes_nothing(rep, two):
    merge(rep, *two)
    first = merging.unmerge_company(actor=rep, gone_id=two[1].pk)
    again = merging.unmerge_company(actor=rep, gone_id=two[1].pk)
    assert (first.pk, first.unmerged_at) == (again.pk, again.unmerged_at)


def test_the_later_merge_is_undone_first(rep, two):
    kept, gone = two
    third = CompanyFactory()
    merge(rep, kept, gone)
    merge(rep, third, kept)
    assert stored.standing_ids(Company, [gone.pk])[gone.pk] == third.pk
    with pytest.raises(Conflict) as refusal:
        merging.unmerge_company(actor=rep, gone_id=gone.pk)
    assert refusal.value.specific_code == "merged_later"
    merging.unmerge_company(actor=rep, gone_id=kept.pk)
    merging.unmerge_company(actor=rep, gone_id=gone.pk)
    assert stored.standing_ids(Company, [gone.pk])[gone.pk] == gone.pk


def test_a_pair_follows_the_decision(rep, two):
    pair = DuplicatePair.objects.create(company=two[0], other_company=two[1], score=0.9)
    merge(rep, *two)
    pair.refresh_from_db()
    assert pair.state == "merged"
    merging.unmerge_company(actor=rep, gone_id=two[1].pk)
    pair.refresh_from_db()
    assert pair.state == "open"


def test_not_the_same_is_remembered_for_the_kept_one(rep, two):
    third = CompanyFactory()
    pair = DuplicatePair.objects.create(company=two[1], other_company=third, score=0.9)
    duplicates.dismiss_pair(actor=rep, pair_id=pair.pk)
    merge(rep, *two)
    pair.refresh_from_db()
    assert (pair.company_id, pair.state) == (two[0].pk, "dismissed")


# Each example is a dozen rows in Postgres: a failing one is told as it is.
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)


class TestThereAndBack(HypothesisTestCase):
    """Whatever the two carry: merge, then unmerge, and every table holds what it held, value by value."""

    flags = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=3)

    @settings(max_examples=15, deadline=None, phases=NO_SHRINKING, suppress_health_check=[HealthCheck.too_slow])
    @given(
        phones=flags,
        leads=st.integers(0, 3),
        dnc=st.tuples(st.booleans(), st.booleans()),
        texts=st.lists(st.sampled_from(["", "x", "é\n"]), min_size=4, max_size=4),
        swap=st.booleans(),
    )
    def test_contacts(self, phones, leads, dnc, texts, swap):
        pair = [ContactFactory(notes=texts[i], job_title=texts[i + 2]) for i in (0, 1)]
        for contact, forbidden in zip(pair, dnc, strict=True):
            Contact.objects.filter(pk=contact.pk).update(
                do_not_contact=forbidden, do_not_contact_at=clock.now() if forbidden else None
            )
        for number, (first, bad) in enumerate(phones):
            for contact in pair:
                PhoneFactory(contact=contact, number=f"+3347200{number}", is_primary=first and number == 0, is_bad=bad)
        for _ in range(leads):
            LeadFactory(contact=pair[1])
        ConsentFactory(contact=pair[0], state="refused")
        ConsentFactory(contact=pair[1], state="given")
        self._there_and_back(merging.merge_contacts, merging.unmerge_contact, pair[::-1] if swap else pair)

    @settings(max_examples=15, deadline=None, phases=NO_SHRINKING, suppress_health_check=[HealthCheck.too_slow])
    @given(
        main=st.tuples(st.booleans(), st.booleans()),
        related=st.sampled_from(["none", "child", "parent"]),
        money=st.booleans(),
        customs=st.dictionaries(st.sampled_from("ab"), st.sampled_from(["1", "2"])),
        swap=st.booleans(),
    )
    def test_companies(self, main, related, money, customs, swap):
        pair = [CompanyFactory(), CompanyFactory(custom=customs)]
        if money:
            Company.objects.filter(pk=pair[1].pk).update(annual_revenue="12.50", currency="EUR")
        if related != "none":
            one, other = pair if related == "child" else pair[::-1]
            Company.objects.filter(pk=one.pk).update(parent=other)
        for company, first in zip(pair, main, strict=True):
            SiteFactory(company=company, is_primary=first)
        LeadFactory(contact=None, company=pair[1])
        DealFactory(company=pair[0])
        self._there_and_back(merging.merge_companies, merging.unmerge_company, pair[::-1] if swap else pair)

    def _there_and_back(self, there: Any, back: Any, pair: list[Any]) -> None:
        before = snapshot()
        there(actor=None, kept_id=pair[0].pk, gone_id=pair[1].pk)
        assert snapshot() != before  # positive control: the merge did something
        undone = back(actor=None, gone_id=pair[1].pk)
        assert undone.left == []
        assert differences(before, snapshot()) == {}


@pytest.mark.django_db(transaction=True)
def test_two_merges_of_one_pair_at_once_make_one():
    one, other = CompanyFactory(), CompanyFactory()
    lead = LeadFactory(contact=None, company=other)

    def act(place: int) -> str:
        kept, gone = (one, other) if place % 2 == 0 else (other, one)
        try:
            return str(merging.merge_companies(actor=None, kept_id=kept.pk, gone_id=gone.pk).pk)
        except Conflict as refusal:
            return refusal.specific_code

    answers = race(4, act)
    assert MergeRecord.objects.count() == 1
    merged = str(MergeRecord.objects.get().pk)
    assert sorted(answers) == sorted([merged, merged, "already_merged", "already_merged"])
    standing = Company.objects.get(merged_into=None)
    assert Lead.objects.get(pk=lead.pk).company_id == standing.pk
