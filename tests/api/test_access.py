"""Who may do what: every operation as every role, as nobody, and with a key that lacks the scope.

The table is written by hand from the design's words, not derived from the policies it tests.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from accounts.models import Absence, User
from crm.core import policy
from crm.core.api.docs import document
from crm.core.models import JournalEntry
from tests.api.callers import Caller, body, problem
from tests.api.world import ROLES, World

pytestmark = pytest.mark.django_db

PERSON = {"email": "new@example.com", "name": "New"}
TEAM = {"name": "New team", "kind": "inside", "calendar": "{calendars.used}"}
TIMES = {"starts_at": "2031-01-01T08:00:00Z", "ends_at": "2031-01-05T08:00:00Z"}
HOURS = {"mon": [["09:00", "17:00"]]}
CALENDAR = {"name": "New calendar", "time_zone": "Asia/Jakarta", "hours": HOURS}
KEY = {"name": "New key", "scopes": ["me:read"]}


@dataclass(frozen=True)
class Row:
    """One operation on one record, the scope it takes, and what each of ``ROLES`` gets, in that order."""

    method: str
    path: str
    scope: str
    expected: tuple[int, int, int, int, int]
    data: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


ALL, NONE = (200,) * 5, (403,) * 5
ROWS = [
    # me
    Row("GET", "me", "me:read", ALL),
    Row("PATCH", "me", "me:write", ALL, {"name": "Me"}),
    # users: reading by sight, writing by administrators
    Row("GET", "users", "users:read", ALL),
    Row("GET", "users/{people.mate}", "users:read", (200, 404, 200, 200, 200)),
    Row("GET", "users/{people.manager}", "users:read", (404, 404, 200, 200, 200)),
    Row("GET", "users/{people.stranger}", "users:read", (404, 404, 404, 200, 200)),
    Row("GET", "users/{gone}", "users:read", (404,) * 5),
    Row("POST", "users", "users:write", (403, 403, 403, 403, 201), PERSON),
    Row("PATCH", "users/{people.mate}", "users:write", (403, 403, 403, 403, 200), {"name": "Mate"}),
    Row("PATCH", "users/{gone}", "users:write", (403, 403, 403, 403, 404), {"name": "Mate"}),
    Row("POST", "users/{people.mate}/deactivate", "users:write", (403, 403, 403, 403, 200)),
    Row("POST", "users/{people.mate}/reactivate", "users:write", (403, 403, 403, 403, 200)),
    Row("POST", "users/{gone}/deactivate", "users:write", (403, 403, 403, 403, 404)),
    Row("POST", "users/{people.mate}/invite-again", "users:write", (403, 403, 403, 403, 409)),
    # teams
    Row("GET", "teams", "teams:read", ALL),
    Row("GET", "teams/{teams.inside}", "teams:read", (200, 404, 200, 200, 200)),
    Row("GET", "teams/{teams.division}", "teams:read", ALL),
    Row("GET", "teams/{teams.strangers}", "teams:read", (404, 404, 404, 200, 200)),
    Row("POST", "teams", "teams:write", (403, 403, 403, 403, 201), TEAM),
    Row("PATCH", "teams/{teams.inside}", "teams:write", (403, 403, 403, 403, 200), {"name": "Renamed"}),
    Row("DELETE", "teams/{teams.empty}", "teams:write", (403, 403, 403, 403, 204)),
    # absences: one's own, one's people's
    Row("GET", "absences", "absences:read", ALL),
    Row("POST", "absences", "absences:write", (201,) * 5, TIMES),
    Row("POST", "absences", "absences:write", (403, 422, 201, 403, 201), TIMES | {"user": "{people.mate}"}),
    Row("POST", "absences", "absences:write", (422, 422, 422, 403, 201), TIMES | {"user": "{people.stranger}"}),
    Row("DELETE", "absences/{absences.mate}", "absences:write", (404, 404, 204, 404, 204)),
    Row("DELETE", "absences/{absences.stranger}", "absences:write", (404, 404, 404, 404, 204)),
    # calendars: no secret
    Row("GET", "calendars", "calendars:read", ALL),
    Row("GET", "calendars/{calendars.used}", "calendars:read", ALL),
    Row("POST", "calendars", "calendars:write", (403, 403, 403, 403, 201), CALENDAR),
    Row("PATCH", "calendars/{calendars.used}", "calendars:write", (403, 403, 403, 403, 200), {"name": "Renamed"}),
    Row("DELETE", "calendars/{calendars.spare}", "calendars:write", (403, 403, 403, 403, 204)),
    # keys: one's own
    Row("GET", "keys", "keys:read", ALL),
    Row("POST", "keys", "keys:write", (201,) * 5, KEY),
    Row("POST", "keys/{keys.mate}/revoke", "keys:write", (404, 404, 404, 404, 200)),
    # notices: one's own, whoever asks
    Row("GET", "notices", "notices:read", ALL),
    Row("POST", "notices/{notices.mate}/read", "notices:write", (404,) * 5),
    Row("POST", "notices/{notices.inside}/read", "notices:write", (200, 404, 404, 404, 404)),
    Row("POST", "notices/read-all", "notices:write", (204,) * 5),
    # journal
    Row("GET", "journal", "journal:read", (403, 403, 403, 403, 200)),
]
CELLS = [(row, role, status) for row in ROWS for role, status in zip(ROLES, row.expected, strict=True)]


def ask(caller: Caller, row: Row, world: World) -> Any:
    data = json.loads(fill(json.dumps(row.data), world)) if row.data else None
    return caller.send(row.method, world.path(row.path), data)


def fill(text: str, world: World) -> str:
    """Ids in the place of ``{kind.name}``, leaving the braces of JSON alone."""
    for kind in ("people", "teams", "calendars"):
        for name, record in getattr(world, kind).items():
            text = text.replace(f"{{{kind}.{name}}}", str(record.pk))
    return text


@pytest.mark.parametrize(("row", "role", "status"), CELLS, ids=str)
def test_each_operation_as_each_role(world: World, row: Row, role: str, status: int):
    before = JournalEntry.objects.count()
    answer = ask(Caller(world.people[role], session=True), row, world)
    assert answer.status_code == status, answer.content[:400]
    if status >= 400:
        problem(answer, status, {403: "forbidden", 404: "not_found", 409: "conflict", 422: "invalid"}[status])
        assert JournalEntry.objects.count() == before, "a refusal leaves no trace"


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_key_needs_the_scope_and_no_other(world: World, row: Row):
    """The administrator's key: with everything but the scope refused by its name, with the scope alone as good as a session."""
    admin = world.people["admin"]
    others = [scope for scope in policy.scopes() if scope != row.scope]
    refused = problem(ask(Caller(admin, *others), row, world), 403, "missing_scope")
    assert refused["scope"] == row.scope
    alone = Caller(admin, row.scope)
    if row.data == KEY:  # a key makes none that may more than itself
        row = Row(row.method, row.path, row.scope, row.expected, KEY | {"scopes": [row.scope]})
    assert ask(alone, row, world).status_code == row.expected[-1]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_nobody_gets_in_and_nothing_happens(world: World, row: Row):
    before = JournalEntry.objects.count()
    answer = ask(Caller(), row, world)
    problem(answer, 401, "not_authenticated", "not_authenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert JournalEntry.objects.count() == before


def test_the_table_knows_every_operation():
    """A new operation stands in the table, with its scope, or this fails."""
    listed = {(row.method.lower(), _pattern(row.path), row.scope) for row in ROWS}
    offered = {
        (method, path.removeprefix("/api/v1/"), operation["x-scope"])
        for path, operations in document()["paths"].items()
        for method, operation in operations.items()
        if operation["tags"][0] in {"me", "users", "teams", "absences", "calendars", "keys", "notices", "journal"}
    }
    assert offered - listed == set()


def _pattern(path: str) -> str:
    return "/".join("{id}" if part.startswith("{") else part for part in path.split("/"))


# --- Rows ------------------------------------------------------------------------------------------------------------------

EVERYBODY = ("inside", "mate", "field", "manager", "boss", "stranger", "finance", "admin", "second")
EVERY_TEAM = ("division", "inside", "field", "elsewhere", "strangers", "empty")
SEEN = {
    "users": {
        "inside": ("inside", "mate"),
        "field": ("field",),
        "manager": ("manager", "inside", "mate", "field"),
        "finance": EVERYBODY,
        "admin": EVERYBODY,
    },
    "teams": {
        "inside": ("division", "inside"),
        "field": ("division", "field"),
        "manager": ("division", "inside", "field"),
        "finance": EVERY_TEAM,
        "admin": EVERY_TEAM,
    },
    "absences": {
        "inside": ("inside",),
        "field": ("field",),
        "manager": ("manager", "inside", "mate", "field"),
        "finance": ("finance",),
        "admin": EVERYBODY,
    },
    "keys": {name: (name,) for name in ROLES if name != "admin"} | {"admin": EVERYBODY},
    "notices": {name: (name,) for name in ROLES},
}
KINDS = {"users": "people"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", SEEN)
def test_a_list_shows_what_the_role_sees(world: World, path: str, role: str):
    rows = Caller(world.people[role], session=True).walk(path)
    if path == "notices":
        rows = [row for row in rows if row["kind"] == "rights.changed"]
    assert {row["id"] for row in rows} == world.ids(KINDS.get(path, path), *SEEN[path][role])


@pytest.mark.parametrize("role", ROLES)
def test_a_list_is_the_policy_by_another_road(world: World, role: str):
    """Every list starts from the model's one visibility: the same ids as ``visible_to``."""
    person = world.people[role]
    caller = Caller(person, session=True)
    for path, model in (("users", User), ("absences", Absence)):
        visible = {str(pk) for pk in model.objects.visible_to(person).values_list("pk", flat=True)}
        assert {row["id"] for row in caller.walk(path, limit=2)} == visible


# --- What a visible record tells of invisible ones ----------------------------------------------------------------------------


def test_a_reference_to_a_record_out_of_sight_is_null(world: World):
    """The division's manager is not seen by a rep; the manager's parent team's parent neither."""
    world.teams["division"].parent = world.teams["elsewhere"]
    world.teams["division"].save()
    seen = {row["name"]: row for row in Caller(world.people["manager"], session=True).walk("teams")}
    assert seen["division"]["parent"] is None
    assert seen["inside"]["parent"] == {"id": str(world.teams["division"].pk), "name": "division"}
    everything = {row["name"]: row for row in Caller(world.people["admin"], session=True).walk("teams")}
    assert everything["division"]["parent"]["name"] == "elsewhere"


def test_managers_and_head_counts_are_those_one_sees(world: World):
    division = {row["name"]: row for row in Caller(world.people["inside"], session=True).walk("teams")}
    assert division["division"]["managers"] == []
    assert division["inside"]["people_count"] == 2
    of_all = {row["name"]: row for row in Caller(world.people["admin"], session=True).walk("teams")}
    assert [one["name"] for one in of_all["division"]["managers"]] == ["manager"]


def test_home_and_load_are_for_oneself_ones_manager_and_administrators(world: World):
    private = {"home_label": "Paris 11", "weekly_capacity": 12}
    User.objects.filter(pk=world.people["inside"].pk).update(**private)
    shown = {}
    for role in ("inside", "mate", "manager", "finance", "admin"):
        row = body(Caller(world.people[role], session=True).get(f"users/{world.people['inside'].pk}"))
        shown[role] = {name: row[name] for name in private}
    nothing = dict.fromkeys(private)
    assert shown == {"inside": private, "mate": nothing, "manager": private, "finance": nothing, "admin": private}


def test_a_filter_by_something_out_of_sight_finds_nothing(world: World):
    """Who belongs to an invisible team cannot be asked for by its id."""
    User.objects.filter(pk=world.people["manager"].pk).update(team=world.teams["elsewhere"])
    manager = Caller(world.people["manager"], session=True)
    world.teams["elsewhere"].refresh_from_db()
    rep = Caller(world.people["mate"], session=True)
    for query in ({"team": world.teams["strangers"].pk}, {"below": world.teams["elsewhere"].pk}):
        assert rep.walk("users", **query) == []
    assert [row["name"] for row in manager.walk("users", below=world.teams["division"].pk, order="name")] == [
        "field",
        "inside",
        "mate",
    ]


def test_out_of_sight_and_absent_look_the_same(world: World):
    rep = Caller(world.people["inside"], session=True)
    hidden, absent = (rep.get(world.path(path)) for path in ("users/{people.stranger}", "users/{gone}"))
    assert hidden.status_code == absent.status_code == 404
    without = {"instance"}
    assert {k: v for k, v in body(hidden).items() if k not in without} == {
        k: v for k, v in body(absent).items() if k not in without
    }
    differing = {"X-Request-ID", "RateLimit", "Content-Length"}
    assert {k: v for k, v in hidden.headers.items() if k not in differing} == {
        k: v for k, v in absent.headers.items() if k not in differing
    }


def test_a_related_field_takes_visible_records_only(world: World):
    admin, rep = Caller(world.people["admin"], session=True), Caller(world.people["inside"], session=True)
    refused = problem(
        rep.post("absences", TIMES | {"user": str(world.people["stranger"].pk)}), 422, "invalid", "does_not_exist"
    )
    absent = problem(
        rep.post("absences", TIMES | {"user": "0192f0a0-5c8e-7000-8000-00000000dead"}), 422, "invalid", "does_not_exist"
    )
    assert refused["errors"] == absent["errors"]
    assert admin.post("absences", TIMES | {"user": str(world.people["stranger"].pk)}).status_code == 201
