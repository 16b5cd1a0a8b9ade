"""Custom fields: every kind is read, kept, found, shown, written to a file and read back; definitions stay honest."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from crm.core import context, ids
from crm.core.errors import Conflict, Forbidden, Invalid
from crm.core.models import JournalEntry
from leads.models import Company, CustomField, CustomValue, Lead
from leads.services import custom
from tests.factories.accounts import UserFactory
from tests.factories.leads import CompanyFactory, CustomFieldFactory, LeadFactory

pytestmark = pytest.mark.django_db
Kind = CustomField.Kind


@pytest.fixture
def manager(db: None) -> User:
    return UserFactory(manager=True)


def a_field(kind: str, **values: Any) -> CustomField:
    if kind in {Kind.CHOICE, Kind.CHOICES}:
        values.setdefault("choices", ["Gold", "Silver", "Café"])
    if kind == Kind.LINK:
        values.setdefault("link_to", "company")
    return CustomFieldFactory(kind=kind, key="it", **values)


# kind, what is given, the JSON form, another value that must not be found with it
SAMPLES: list[tuple[str, Any, Any, Any]] = [
    (Kind.TEXT, "  Écluse 7 ", "Écluse 7", "Ecluse 8"),
    (Kind.NUMBER, "12.50", "12.5", "12.51"),
    (Kind.NUMBER, 7, "7", "70"),
    (Kind.MONEY, {"amount": "12.5", "currency": "EUR"}, {"amount": "12.50", "currency": "EUR"}, "13.00 EUR"),
    (Kind.DATE, "2026-02-28", "2026-02-28", "2026-03-01"),
    (Kind.CHOICE, "Gold", "Gold", "Silver"),
    (Kind.CHOICES, ["Silver", "Gold", "Gold"], ["Gold", "Silver"], "Café"),
    (Kind.YES_NO, False, False, "yes"),
]


@pytest.mark.parametrize(("kind", "given_value", "kept", "other"), SAMPLES)
def test_a_value_is_read_kept_found_and_survives_a_file(kind, given_value, kept, other):
    field, lead, stranger = a_field(kind), LeadFactory(), LeadFactory()
    values = custom.read_values("lead", {"it": given_value})
    assert values == {"it": kept}
    custom.write_values("lead", lead.pk, values, before={})
    asked = kept[0] if isinstance(kept, list) else kept
    asked = custom.to_text(field, asked) if kind == Kind.YES_NO else asked
    assert list(custom.filter_by_value(Lead.objects.all(), field, "is", asked)) == [lead]
    assert lead not in custom.filter_by_value(Lead.objects.all(), field, "is", other)
    assert list(custom.filter_by_value(Lead.objects.all(), field, "empty")) == [stranger]
    assert list(custom.filter_by_value(Lead.objects.all(), field, "filled")) == [lead]
    assert custom.from_text(field, custom.to_text(field, kept)) == kept
    assert custom.shown(field, kept)


@pytest.mark.parametrize(
    ("kind", "nonsense"),
    [
        (Kind.TEXT, 5),
        (Kind.TEXT, "x" * 2_001),
        (Kind.NUMBER, "twelve"),
        (Kind.NUMBER, True),
        (Kind.NUMBER, "1e5"),
        (Kind.NUMBER, "1" * 19),
        (Kind.NUMBER, "0.0000001"),
        (Kind.NUMBER, float("nan")),
        (Kind.MONEY, "12.50"),
        (Kind.MONEY, {"amount": "12.505", "currency": "EUR"}),
        (Kind.MONEY, {"amount": "1", "currency": "ZZZ"}),
        (Kind.DATE, "2026-02-30"),
        (Kind.DATE, "28/02/2026"),
        (Kind.CHOICE, "gold"),
        (Kind.CHOICES, "Gold"),
        (Kind.CHOICES, ["Bronze"]),
        (Kind.YES_NO, 1),
        (Kind.YES_NO, "yes"),
        (Kind.LINK, "not an id"),
        (Kind.LINK, {"id": 1}),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_field(kind, nonsense):
    a_field(kind)
    with pytest.raises(Invalid) as caught:
        custom.read_values("lead", {"it": nonsense})
    assert (caught.value.field or "").startswith("custom.it")


def test_an_unknown_field_is_refused_and_so_is_one_put_away():
    CustomFieldFactory(key="old", is_active=False)
    for key in ("old", "never"):
        with pytest.raises(Invalid) as caught:
            custom.read_values("lead", {key: "x"})
        assert (caught.value.field, caught.value.specific_code) == (f"custom.{key}", "unknown_field")


def test_values_of_a_field_put_away_stay():
    CustomFieldFactory(key="old", is_active=False)
    assert custom.read_values("lead", {}, stored={"old": "kept"}, partial=True) == {"old": "kept"}


def test_a_new_record_gets_defaults_and_must_have_what_is_required():
    CustomFieldFactory(key="grade", kind=Kind.NUMBER, default="3")
    CustomFieldFactory(key="must", is_required=True)
    with pytest.raises(Invalid) as caught:
        custom.read_values("lead", {})
    assert (caught.value.field, caught.value.specific_code) == ("custom.must", "required")
    assert custom.read_values("lead", {}, required=False) == {"grade": "3"}
    assert custom.read_values("lead", {"must": "x", "grade": None}) == {"must": "x"}


def test_a_change_touches_what_it_names_and_empties_nothing_required():
    CustomFieldFactory(key="must", is_required=True)
    CustomFieldFactory(key="may")
    stored = {"may": "b"}
    assert custom.read_values("lead", {"may": ""}, stored=stored, partial=True) == {}
    with pytest.raises(Invalid):
        custom.read_values("lead", {"must": None}, stored=stored, partial=True)
    assert stored == {"may": "b"}


def test_a_field_of_one_motion_is_not_asked_on_another():
    CustomFieldFactory(key="route", motions=["outside"], is_required=True)
    assert custom.read_values("lead", {}, motion="inside") == {}
    assert custom.read_values("lead", {}) == {}  # undecided: nobody knows yet whether it will be asked
    with pytest.raises(Invalid):
        custom.read_values("lead", {}, motion="outside")
    with pytest.raises(Invalid) as caught:
        custom.read_values("lead", {"route": "A"}, motion="inside")
    assert caught.value.specific_code == "other_motion"
    assert [field.key for field in custom.fields_of("lead", "outside")] == ["route"]
    assert custom.fields_of("lead", "inside") == []


def test_a_link_leads_only_to_what_the_writer_sees():
    a_field(Kind.LINK, link_to="lead")
    mine, theirs = LeadFactory(), LeadFactory(owner=UserFactory())
    rep = mine.owner = UserFactory()
    mine.save()
    assert custom.read_values("lead", {"it": str(mine.pk)}, actor=rep) == {"it": str(mine.pk)}
    for unseen in (theirs.pk, ids.uuid7()):
        with pytest.raises(Invalid) as caught:
            custom.read_values("lead", {"it": str(unseen)}, actor=rep)
        assert caught.value.specific_code == "does_not_exist"


def test_names_of_links_are_told_only_to_who_sees_them():
    field = a_field(Kind.LINK, link_to="lead")
    theirs = LeadFactory(owner=UserFactory())
    stranger, admin = UserFactory(), UserFactory(admin=True)
    value = {"it": str(theirs.pk)}
    assert custom.shown(field, value["it"], custom.link_names([field], [value], stranger)) == "—"
    assert custom.shown(field, value["it"], custom.link_names([field], [value], admin)) == str(theirs)


def test_a_file_may_name_a_link_if_one_record_has_the_name():
    field = a_field(Kind.LINK)
    company = CompanyFactory(name="Müller SARL", name_key="muller")
    assert custom.from_text(field, "MULLER") == str(company.pk)
    CompanyFactory(name="Muller", name_key="muller")
    with pytest.raises(Invalid):
        custom.from_text(field, "Muller")


# --- Uniqueness ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "first", "twin"),
    [
        (Kind.TEXT, "Ab-1", "àB-1"),
        (Kind.NUMBER, "5", "5.00"),
        (Kind.DATE, "2026-01-01", "2026-01-01"),
    ],
)
def test_a_unique_value_is_given_once(kind, first, twin):
    a_field(kind, is_unique=True)
    one, other = ids.uuid7(), ids.uuid7()
    custom.write_values("lead", one, custom.read_values("lead", {"it": first}), before={})
    with pytest.raises(Conflict) as caught, transaction.atomic():
        custom.write_values("lead", other, custom.read_values("lead", {"it": twin}), before={})
    assert (caught.value.field, caught.value.specific_code) == ("custom.it", "already_exists")
    custom.write_values("lead", one, custom.read_values("lead", {"it": twin}))  # its own is no twin


def test_an_import_learns_beforehand_which_rows_are_taken():
    a_field(Kind.TEXT, is_unique=True)
    custom.write_values("lead", ids.uuid7(), {"it": "a"}, before={})
    rows = [(ids.uuid7(), {"it": text}) for text in ("a", "b", "B", "c")]
    assert custom.taken("lead", rows) == {rows[0][0]: "it", rows[2][0]: "it"}
    free = [row for row in rows if row[0] not in custom.taken("lead", rows)]
    custom.bulk_write_values("lead", free)
    custom.bulk_write_values("lead", free)  # twice is once
    assert CustomValue.objects.count() == 3
    with pytest.raises(Conflict):
        custom.bulk_write_values("lead", rows)


def test_a_field_becomes_unique_only_where_its_values_are(manager):
    field = a_field(Kind.NUMBER)
    records = [ids.uuid7(), ids.uuid7()]
    for record, value in zip(records, ("5", "5.0"), strict=True):
        custom.write_values("lead", record, custom.read_values("lead", {"it": value}), before={})
    with pytest.raises(Conflict) as caught:
        custom.change_field(actor=manager, field_id=field.pk, changes={"is_unique": True})
    assert caught.value.specific_code == "not_unique"
    custom.write_values("lead", records[1], {"it": "6"})
    custom.change_field(actor=manager, field_id=field.pk, changes={"is_unique": True})
    with pytest.raises(Conflict):
        custom.write_values("lead", ids.uuid7(), {"it": "6"}, before={})


# --- The index --------------------------------------------------------------------------------------------------------


def test_a_value_taken_away_is_no_longer_found():
    field = a_field(Kind.CHOICES)
    lead = LeadFactory()
    custom.write_values("lead", lead.pk, {"it": ["Gold", "Silver"]}, before={})
    custom.write_values("lead", lead.pk, {"it": ["Silver"]}, before={"it": ["Gold", "Silver"]})
    assert not custom.filter_by_value(Lead.objects.all(), field, "is", "Gold").exists()
    custom.write_values("lead", lead.pk, {}, before={"it": ["Silver"]})
    assert not CustomValue.objects.exists()


def test_nothing_to_index_costs_nothing(count_queries):
    with count_queries() as queries:
        custom.write_values("lead", ids.uuid7(), {}, before={})
    assert queries.number == 0


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [("gte", "5", {"5", "10"}), ("lte", "5", {"1", "5"}), ("not", "5", {"1", "10", None}), ("is", "5.0", {"5"})],
)
def test_numbers_compare_as_numbers(operator, value, found):
    field = a_field(Kind.NUMBER)
    leads = {text: LeadFactory() for text in ("1", "5", "10", None)}
    for text, lead in leads.items():
        custom.write_values("lead", lead.pk, {"it": text} if text else {}, before={})
    rows = set(custom.filter_by_value(Lead.objects.all(), field, operator, value))
    assert rows == {leads[text] for text in found}


def test_text_is_found_by_a_part_of_it_whatever_the_accents():
    field, lead = a_field(Kind.TEXT), LeadFactory()
    custom.write_values("lead", lead.pk, {"it": "Écluse du 100 % Nord"}, before={})
    for operator, value in (
        ("contains", "ECLUSE"),
        ("contains", "100 %"),
        ("starts", "éclu"),
        ("is", "ecluse du 100 % nord"),
    ):
        assert custom.filter_by_value(Lead.objects.all(), field, operator, value).exists()
    assert not custom.filter_by_value(Lead.objects.all(), field, "contains", "100_").exists()


def test_an_operator_that_makes_no_sense_is_refused():
    field = a_field(Kind.YES_NO)
    with pytest.raises(Invalid):
        custom.filter_by_value(Lead.objects.all(), field, "gte", "yes")


def test_filters_are_answered_by_the_index():
    field = a_field(Kind.NUMBER)
    rows = custom.filter_by_value(Company.objects.all(), field, "gte", "5")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    assert "leads_customvalue_" in rows.explain()


# --- Definitions --------------------------------------------------------------------------------------------------------


def test_a_field_is_defined_changed_put_away_and_used_again(manager):
    field = custom.define_field(actor=manager, holder="lead", kind=Kind.TEXT, label="Taille de l'équipe")
    assert field.key == "taille_de_lequipe"
    twin = custom.define_field(actor=manager, holder="lead", kind=Kind.TEXT, label="Taille de l'équipe")
    assert twin.key == "taille_de_lequipe_2"
    custom.change_field(actor=manager, field_id=field.pk, changes={"label": "Team"}, expected_version=1)
    custom.put_away_field(actor=manager, field_id=field.pk)
    assert [one.pk for one in custom.fields_of("lead")] == [twin.pk]
    custom.use_field_again(actor=manager, field_id=field.pk)
    assert [one.pk for one in custom.fields_of("lead")] == [twin.pk, field.pk]
    assert list(JournalEntry.objects.filter(object_id=field.pk).values_list("event", flat=True)) == [
        "custom_field.defined",
        "custom_field.changed",
        "custom_field.put_away",
        "custom_field.used_again",
    ]


@pytest.mark.parametrize(
    ("values", "at"),
    [
        ({"kind": "choice"}, "choices"),
        ({"kind": "choice", "choices": ["A", "a"]}, "choices"),
        ({"kind": "choices", "choices": ["A; B"]}, "choices"),
        ({"kind": "text", "choices": ["A"]}, "choices"),
        ({"kind": "yes_no", "is_unique": True}, "is_unique"),
        ({"kind": "link"}, "link_to"),
        ({"kind": "text", "link_to": "lead"}, "link_to"),
        ({"kind": "text", "holder": "company", "motions": ["inside"]}, "motions"),
        ({"kind": "number", "default": "many"}, "default"),
        ({"kind": "text", "is_unique": True, "default": "x"}, "default"),
        ({"kind": "text", "key": "Not a key"}, "key"),
        ({"kind": "text", "label": " "}, "label"),
        ({"kind": "dream"}, "kind"),
        ({"kind": "text", "holder": "planet"}, "holder"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused(manager, values, at):
    with pytest.raises(Invalid) as caught:
        custom.define_field(actor=manager, **({"holder": "lead", "label": "It"} | values))
    assert caught.value.field == at


def test_key_and_kind_never_change(manager):
    field = a_field(Kind.TEXT)
    for changes in ({"kind": "number"}, {"key": "other"}, {"holder": "deal"}):
        with pytest.raises(Invalid) as caught:
            custom.change_field(actor=manager, field_id=field.pk, changes=changes)
        assert caught.value.specific_code == "not_writable"


def test_a_choice_that_records_hold_stays(manager):
    field = a_field(Kind.CHOICES)
    custom.write_values("lead", ids.uuid7(), {"it": ["Gold"]}, before={})
    with pytest.raises(Conflict) as caught:
        custom.change_field(actor=manager, field_id=field.pk, changes={"choices": ["Silver"]})
    assert caught.value.specific_code == "choice_in_use"
    custom.change_field(actor=manager, field_id=field.pk, changes={"choices": ["Bronze", "Gold"]})


def test_fields_are_put_in_another_order(manager):
    fields = [CustomFieldFactory(position=place) for place in range(4)]
    custom.move(actor=manager, field_id=fields[3].pk, to=1)
    assert [one.pk for one in custom.fields_of("lead")] == [fields[place].pk for place in (0, 3, 1, 2)]
    custom.move(actor=manager, field_id=fields[0].pk, to=99)
    assert custom.fields_of("lead")[-1].pk == fields[0].pk


def test_reps_define_nothing():
    with pytest.raises(Forbidden):
        custom.define_field(actor=UserFactory(), holder="lead", kind="text", label="Mine")


def test_a_request_reads_the_definitions_once_and_sees_its_own_changes(manager, count_queries):
    a_field(Kind.TEXT)
    with context.acting(through="page", request="request-1"):
        custom.fields_of("lead")
        with count_queries() as queries:
            custom.fields_of("lead")
            custom.fields_of("deal")
        assert queries.number == 0
        custom.define_field(actor=manager, holder="lead", kind="text", label="New")
        assert len(custom.fields_of("lead")) == 2
    with context.acting(through="page", request="request-2"), count_queries() as queries:
        custom.fields_of("lead")
    assert queries.number == 1


@given(st.text(max_size=300))
def test_any_text_has_one_form(text):
    field = CustomField(kind=Kind.TEXT, key="it")
    once = custom.read_value(field, text)
    assert once is None or custom.read_value(field, once) == once


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**17), max_value=10**17))
def test_any_number_has_one_form(number):
    field = CustomField(kind=Kind.NUMBER, key="it")
    kept = custom.read_value(field, f"{number:f}")
    assert custom.read_value(field, kept) == kept
    assert custom.from_text(field, custom.to_text(field, kept)) == kept


def test_values_are_shown_in_the_readers_language():
    with translation.override("fr"):
        assert custom.shown(a_field(Kind.NUMBER), "1234.5").replace("\u202f", " ") == "1 234,5"
