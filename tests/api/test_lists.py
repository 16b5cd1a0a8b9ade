"""Lists: cursor pages that hold while the list changes, sparse fields, orders, filters (P15)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.db.models import CharField, F, Field, Value
from django.db.models.functions import Coalesce, Concat, Lower
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.api import resources
from accounts.models import Absence, Team, User, WorkingCalendar
from crm.core.api.docs import document
from crm.core.api.journal import Journal
from crm.core.api.pagination import DEFAULT_LIMIT, MOST_ROWS
from tests.api.callers import Caller, body, problem
from tests.api.world import World
from tests.factories.accounts import AbsenceFactory, CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
START = datetime(2030, 1, 7, 8, tzinfo=UTC)


@pytest.fixture
def admin() -> Caller:
    return Caller(UserFactory(admin=True))


def absences(user: User, number: int, **more: Any) -> list[Absence]:
    return [
        AbsenceFactory(user=user, starts_at=START + timedelta(days=day % 7), note=str(day), **more)
        for day in range(number)
    ]


# --- Pages ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 3, 10, 11, 200])
@pytest.mark.parametrize("order", ["id", "-id", "starts_at", "-starts_at", "updated_at"])
def test_pages_add_up_to_the_list_in_order(admin: Caller, order: str, limit: int):
    """Eleven rows, several with the same start: the id breaks the tie, in the same direction."""
    made = absences(admin.user, 11)
    walked = [row["id"] for row in admin.walk("absences", order=order, limit=limit)]
    name, descending = order.lstrip("-"), order.startswith("-")
    expected = sorted(made, key=lambda row: (getattr(row, name), row.pk), reverse=descending)
    assert walked == [str(row.pk) for row in expected]


def test_a_page_says_where_the_next_one_is_and_keeps_the_query(admin: Caller):
    absences(admin.user, 3)
    page = body(admin.get("absences", order="-starts_at", limit=2, kind="leave", fields="note"))
    assert page["next"].startswith("http://testserver/api/v1/absences?")
    following = body(admin.get(page["next"]))
    assert [set(row) for row in following["results"]] == [{"id", "note"}]
    assert following["next"] is None


def test_the_size_of_a_page(admin: Caller):
    User.objects.bulk_create([User(email=f"n{n}@example.com", name="N", password="!") for n in range(MOST_ROWS + 5)])
    assert len(body(admin.get("users"))["results"]) == DEFAULT_LIMIT
    assert len(body(admin.get("users", limit=MOST_ROWS))["results"]) == MOST_ROWS


def test_an_empty_list_is_a_list(admin: Caller):
    assert body(admin.get("absences")) == {"results": [], "next": None}


def test_a_cursor_belongs_to_its_order_and_cannot_be_made_up(admin: Caller):
    absences(admin.user, 3)
    cursor = cursor_of(admin.get("absences", order="starts_at", limit=1))
    problem(admin.get("absences", order="-starts_at", cursor=cursor), 400, "bad_parameter", "bad_cursor")
    problem(admin.get("absences", order="starts_at", cursor=cursor[:-1] + "_"), 400, "bad_parameter", "bad_cursor")
    for value in (
        ["starts_at", "x", "y"],
        ["starts_at", None, None],
        ["starts_at", [], {}],
        "x",
        [1, 2],
        [[], 1, 2],
        ["starts_at", 5, "0192f0a0-5c8e-7000-8000-00000000dead"],
    ):
        forged = signing.Signer(salt="crm.core.api.pagination").sign_object(value)
        problem(admin.get("absences", order="starts_at", cursor=forged), 400, "bad_parameter", "bad_cursor")
        other = signing.Signer(salt="elsewhere").sign_object(value)
        problem(admin.get("absences", order="starts_at", cursor=other), 400, "bad_parameter", "bad_cursor")


def test_a_cursor_of_one_list_on_another_shows_nothing_out_of_sight(world: World):
    """A cursor is a place, not a permission."""
    cursor = cursor_of(Caller(world.people["admin"]).get("users", limit=1))
    rows = body(Caller(world.people["inside"], session=True).get("users", cursor=cursor))["results"]
    assert {row["id"] for row in rows} <= world.ids("people", "inside", "mate")


def cursor_of(page: HttpResponse) -> str:
    return parse_qs(urlsplit(body(page)["next"]).query)["cursor"][0]


@pytest.mark.parametrize("order", ["shape", "-shape"])
def test_a_list_may_be_ordered_by_an_expression(admin: Caller, monkeypatch: pytest.MonkeyPatch, order: str):
    """For what no column holds, or where a null needs a place: the expression is compared and signed like a column."""
    monkeypatch.setattr(
        resources.Calendars,
        "orders",
        {"shape": Coalesce(Concat(Lower(F("region")), F("country"), output_field=CharField()), Value(""))},
    )
    for number, region in enumerate(("b", "A", "", "B", "a")):
        CalendarFactory(name=f"C{number}", country="FR", region=region)
    walked = [(row["region"].lower(), row["id"]) for row in admin.walk("calendars", order=order, limit=2)]
    assert walked == sorted(walked, reverse=order.startswith("-"))
    assert len(walked) == 5


# --- Walking a list that changes --------------------------------------------------------------------------------------------------

CHANGES = st.lists(st.tuples(st.sampled_from(["add", "remove", "touch", "start"]), st.integers(0, 99)), max_size=6)


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.sampled_from(["id", "-id", "starts_at", "-starts_at"]),
    limit=st.integers(1, 7),
    steps=st.lists(CHANGES, min_size=1, max_size=8),
)
def test_what_is_there_throughout_comes_exactly_once(admin: Caller, order: str, limit: int, steps: list[Any]):
    """Between any two pages rows come, go and change; those that neither went nor moved in the order come once each.

    By id nothing can move, so there even the changed ones do.
    """
    Absence.objects.all().delete()
    made = {row.pk: row for row in absences(admin.user, 12)}
    steady, walked, following = set(made), [], None
    for step in [*steps, []] + [[]] * 40:
        page = body(admin.get(following) if following else admin.get("absences", order=order, limit=limit))
        walked += [row["id"] for row in page["results"]]
        following = page["next"]
        if following is None:
            break
        steady -= change(admin.user, step, moves="starts_at" in order)
    assert following is None
    assert len(walked) == len(set(walked)) or "starts_at" in order
    for pk in steady:
        assert walked.count(str(pk)) == 1


def change(user: User, step: list[tuple[str, int]], *, moves: bool) -> set[Any]:
    """Carry out ``step``; the rows that went, or moved where starting times decide the place."""
    touched = set()
    for what, number in step:
        rows = list(Absence.objects.order_by("note", "id"))
        row = rows[number % len(rows)] if rows else None
        if what == "add" or row is None:
            AbsenceFactory(user=user, starts_at=START + timedelta(days=number % 7), note=f"new {number}")
        elif what == "remove":
            touched.add(row.pk)
            row.delete()
        elif what == "touch":
            Absence.objects.filter(pk=row.pk).update(note=f"{row.note}+", version=row.version + 1)
        else:
            starts_at = START + timedelta(days=number % 7)
            Absence.objects.filter(pk=row.pk).update(starts_at=starts_at, ends_at=starts_at + timedelta(days=9))
            touched |= {row.pk} if moves else set()
    return touched


def test_offsets_would_fail_the_same_walk(admin: Caller):
    """The control: pages by offset lose a row when an earlier one goes. (So the walk above can fail.)"""
    made = absences(admin.user, 6)
    first = list(Absence.objects.order_by("id")[:3])
    first[0].delete()
    second = list(Absence.objects.order_by("id")[3:6])
    assert {row.pk for row in made[3:]} - {row.pk for row in second}, "a row that was there throughout is missing"


def test_every_order_is_by_something_that_is_never_null():
    """A null would have no place in the order: keyset pages would lose its row."""
    offered = [
        value for value in vars(resources).values() if isinstance(value, type) and getattr(value, "orders", None)
    ]
    assert len(offered) >= 7
    for resource in [*offered, Journal]:
        for column in resource.orders.values():
            model_field = resource.reader.Meta.model._meta.get_field(column) if column != "pk" else None
            assert model_field is None or not model_field.null, (resource, column)
            assert isinstance(column, str)
            assert model_field is None or isinstance(model_field, Field)
        assert resource.default_order.lstrip("-") in resource.orders


# --- Fields ----------------------------------------------------------------------------------------------------------------------------


def test_only_the_fields_asked_for(admin: Caller):
    assert set(body(admin.get(f"users/{admin.user.pk}", fields="name,team"))) == {"id", "name", "team"}
    assert [set(row) for row in body(admin.get("users", fields="email"))["results"]] == [{"id", "email"}]


def test_a_reference_not_asked_for_is_not_looked_up(admin: Caller, count_queries: Any):
    UserFactory.create_batch(3)
    admin.get("users")
    with count_queries() as everything:
        admin.get("users")
    with count_queries() as narrow:
        admin.get("users", fields="name")
    assert narrow.number < everything.number


# --- Filters -----------------------------------------------------------------------------------------------------------------------------


def names(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(row["name"] for row in rows)


def test_people_are_filtered_by_team_tree_capability_state_and_address(world: World):
    admin = Caller(world.people["admin"])
    User.objects.filter(pk=world.people["mate"].pk).update(is_active=False)
    teams = world.teams
    assert names(admin.walk("users", team=teams["inside"].pk)) == ["inside", "mate"]
    assert names(admin.walk("users", team=teams["division"].pk)) == []
    assert names(admin.walk("users", below=teams["division"].pk)) == ["field", "inside", "mate"]
    assert names(admin.walk("users", capability="visits")) == ["field"]
    assert names(admin.walk("users", is_active="false")) == ["mate"]
    assert names(admin.walk("users", email=world.people["boss"].email.upper())) == ["boss"]
    assert names(admin.walk("users", below=teams["division"].pk, is_active="true")) == ["field", "inside"]
    assert admin.walk("users", team="0192f0a0-5c8e-7000-8000-00000000dead") == []


def test_teams_are_filtered_by_kind_parent_and_branch(world: World):
    admin = Caller(world.people["admin"])
    assert names(admin.walk("teams", kind="outside")) == ["field"]
    assert names(admin.walk("teams", parent=world.teams["division"].pk)) == ["field", "inside"]
    assert names(admin.walk("teams", below=world.teams["division"].pk)) == ["division", "field", "inside"]
    deeper = TeamFactory(name="deeper", parent=world.teams["inside"])
    assert names(admin.walk("teams", below=world.teams["division"].pk)) == ["deeper", "division", "field", "inside"]
    assert names(admin.walk("teams", parent=world.teams["inside"].pk)) == [deeper.name]


def test_absences_are_filtered_by_person_kind_and_time(admin: Caller):
    other = UserFactory()
    early = AbsenceFactory(user=other, starts_at=START, ends_at=START + timedelta(days=2), kind="sick")
    late = AbsenceFactory(user=admin.user, starts_at=START + timedelta(days=10), ends_at=START + timedelta(days=12))

    def found(**query: Any) -> list[str]:
        return [row["id"] for row in admin.walk("absences", **query)]

    assert found(user=other.pk) == [str(early.pk)]
    assert found(kind="leave") == [str(late.pk)]
    within = (START + timedelta(days=1)).isoformat()
    assert found(**{"from": (START + timedelta(days=2)).isoformat()}) == [str(late.pk)], "over at that very moment"
    assert found(to=within) == [str(early.pk)]
    assert found(**{"from": within, "to": within}) == [str(early.pk)]


def test_what_was_written_since(admin: Caller):
    old, new = CalendarFactory(name="Old"), CalendarFactory(name="New")
    WorkingCalendar.objects.filter(pk=old.pk).update(updated_at=START)
    WorkingCalendar.objects.filter(pk=new.pk).update(updated_at=START + timedelta(hours=1))
    assert names(admin.walk("calendars", updated_since=(START + timedelta(hours=1)).isoformat())) == ["New"]
    assert names(admin.walk("calendars", updated_since=START.isoformat())) == ["New", "Old"]


def test_keys_and_notices_are_filtered_by_state(world: World):
    admin = Caller(world.people["admin"])
    admin.post(world.path("keys/{keys.mate}/revoke"))
    assert {row["id"] for row in admin.walk("keys", revoked="true")} == world.ids("keys", "mate")
    assert str(world.keys["mate"].pk) not in {row["id"] for row in admin.walk("keys", revoked="false")}
    assert {row["id"] for row in admin.walk("keys", owner=world.people["field"].pk)} == world.ids("keys", "field")
    unread = len(admin.walk("notices", unread="true"))
    admin.post(world.path("notices/{notices.admin}/read"))
    assert len(admin.walk("notices", unread="true")) == unread - 1
    assert [row["id"] for row in admin.walk("notices", unread="false")] == [str(world.notices["admin"].pk)]


def test_every_list_knows_the_same_parameters():
    for path, operations in document()["paths"].items():
        operation = operations.get("get", {})
        if operation.get("operationId", "").endswith("_list"):
            known = {parameter.get("name") for parameter in operation["parameters"]}
            assert {"limit", "cursor", "order", "fields"} <= known, path
            assert "updated_since" in known or path == "/api/v1/journal"
            assert all(parameter.get("description") for parameter in operation["parameters"] if "name" in parameter), (
                path
            )


# --- Queries ------------------------------------------------------------------------------------------------------------------------------


# What a session costs on every request, page or API: the session, its person, allauth's list of sessions.
SIGN_IN = re.compile('"django_session"|usersessions|SAVEPOINT|FROM "accounts_user" WHERE "accounts_user"."id" =')


def grow(number: int) -> None:
    """``number`` more of everything, referring to one another."""
    for _ in range(number):
        user = UserFactory(manager=True, calendar=CalendarFactory())
        TeamFactory(parent=user.team, managers=[user])
        AbsenceFactory(user=user)


@pytest.mark.parametrize("path", ["users", "teams", "absences", "calendars", "keys", "notices", "journal"])
@pytest.mark.parametrize("session", [False, True], ids=["key", "session"])
def test_queries_do_not_grow_with_the_rows(path: str, session: bool, count_queries: Any):
    caller = Caller(UserFactory(admin=True), session=session)
    numbers = []
    for rows in (5, 45):
        grow(rows)
        for user in User.objects.exclude(pk=caller.user.pk)[:rows]:
            Caller(user)  # a key, a notice and a journal entry more
        caller.get(path)
        with count_queries() as queries:
            answer = caller.get(path, limit=200)
        assert answer.status_code == 200
        numbers.append(len([statement for statement in queries.statements if not SIGN_IN.search(statement)]))
    assert numbers[0] == numbers[1] <= 6, queries.statements


def test_a_manager_s_lists_stay_flat_too(count_queries: Any):
    manager = UserFactory(manager=True)
    Team.objects.filter(pk=manager.team_id).first().managers.add(manager)
    caller = Caller(manager)
    numbers = []
    for _ in range(2):
        UserFactory.create_batch(10, team=manager.team)
        caller.get("users")
        with count_queries() as queries:
            caller.get("users")
        numbers.append(queries.number)
    assert numbers[0] == numbers[1] <= 6, queries.statements
