"""Input is taken exactly or refused with a reason: nothing is guessed, ignored, or answered with a 5xx (P14, P29)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Absence, User
from crm.core.api import fields
from crm.core.api.docs import document
from crm.core.api.parsers import DEEPEST, read_json
from crm.core.api.problems import ApiRefusal
from tests.api.callers import Caller, body, problem
from tests.api.records import make_records
from tests.api.world import World
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db

TIMES = {"starts_at": "2031-01-01T08:00:00Z", "ends_at": "2031-01-05T08:00:00Z"}


@pytest.fixture
def admin() -> Caller:
    return Caller(UserFactory(admin=True))


# --- The body ------------------------------------------------------------------------------------------------------------------

UNREADABLE = [
    (b"", "not_json"),
    (b"{", "not_json"),
    (b"{'a': 1}", "not_json"),
    (b'{"a": 1,}', "not_json"),
    (b'{"a": NaN}', "not_json"),
    (b'{"a": -Infinity}', "not_json"),
    (b'{"a": "\x00"}', "not_json"),
    (b'{"a": ' + b"1" * 5000 + b"}", "not_json"),
    (b'\xef\xbb\xbf{"a": 1}', "not_json"),
    (b'{"a": "\xff"}', "not_utf8"),
    (b'{"a": "\xed\xa0\x80"}', "not_utf8"),
    ('{"a": 1}'.encode("utf-16"), "not_utf8"),
    (b'{"a": "\\u0000"}', "unstorable_text"),
    (b'{"\\u0000": 1}', "unstorable_text"),
    (b'{"a": ["\\ud800"]}', "unstorable_text"),
    (b'{"a": {"\\udfff": 1}}', "unstorable_text"),
    (b'{"a": "\\udc00\\ud800"}', "unstorable_text"),
    (b'{"a": 1, "a": 2}', "repeated_key"),
    (b'{"a": {"b": 1, "b": 1}}', "repeated_key"),
    (b"[" * (DEEPEST + 1) + b"1" + b"]" * (DEEPEST + 1), "too_deep"),
    (b"[" * 500_000 + b"]" * 500_000, "too_deep"),
    (b'{"a":' * 150_000 + b"1" + b"}" * 150_000, "too_deep"),
    (b"[" * 1_000_000, "too_deep"),
]


@pytest.mark.parametrize(
    ("content", "code"), UNREADABLE, ids=lambda value: value if isinstance(value, str) else repr(value[:24])
)
def test_what_is_no_strict_json(content: bytes, code: str):
    with pytest.raises(ApiRefusal) as refusal:
        read_json(content)
    assert refusal.value.problem.code == code


def test_the_door_says_so_too(admin: Caller):
    problem(admin.send("PATCH", "me", b'{"name": "\\u0000"}'), 400, "bad_body", "unstorable_text")
    problem(admin.send("PATCH", "me", b"[" * 1_000_000), 400, "bad_body", "too_deep")


@pytest.mark.parametrize(
    "content", [b"[" * DEEPEST + b"1" + b"]" * DEEPEST, b'"\\ud83d\\ude00"', '"é"'.encode(), b" null ", b"1e400"]
)
def test_what_strict_json_may_hold(content: bytes):
    read_json(content)


def test_fractions_arrive_exactly():
    assert read_json(b"[0.1, 2.665, 1e2]") == [Decimal("0.1"), Decimal("2.665"), Decimal("1e2")]


@pytest.mark.parametrize("value", [[], [{}], "x", 1, None, True, 1.5])
def test_an_object_is_expected(admin: Caller, value: Any):
    problem(admin.send("PATCH", "me", json.dumps(value).encode()), 422, "invalid")


def test_no_body_is_no_json_where_one_is_needed(admin: Caller):
    problem(admin.post("users"), 422, "invalid", "required")


@settings(max_examples=300, deadline=None, database=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes):
    try:
        value = read_json(content)
    except ApiRefusal as refusal:
        value = refusal.problem.kind.status
    json.dumps(value, default=str)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=json_values)
def test_any_json_is_understood_or_refused(admin: Caller, value: Any):
    """The profile takes nearly every kind of field; whatever comes, it is no 5xx and the answer a problem or the profile."""
    answer = admin.send("PATCH", "me", json.dumps(value).encode())
    assert answer.status_code in {200, 400, 422}, (value, answer.content[:300])


# --- Fields --------------------------------------------------------------------------------------------------------------------------

NOT_TEXT = [1, 1.5, True, [], {}, ["x"]]
TAKEN: list[tuple[Any, Any, Any]] = [
    (fields.Text(max_length=5), "  ab ", "ab"),
    (fields.Text(max_length=9), "Mu\u0308ller", "M\u00fcller"),
    (fields.Text(max_length=9, multiline=True), "a\r\nb\tc", "a\nb\tc"),
    (fields.Text(max_length=9), "\u202eabc\u200b", "\u202eabc\u200b"),
    (fields.Text(max_length=9, allow_blank=True), "", ""),
    (fields.Whole(min_value=0, max_value=9), 9, 9),
    (fields.Number(max_digits=5, decimal_places=2), "12.5", Decimal("12.50")),
    (fields.Number(max_digits=5, decimal_places=2), 12, Decimal("12.00")),
    (fields.Number(max_digits=5, decimal_places=2), Decimal("0.1"), Decimal("0.10")),
    (fields.Flag(), True, True),
    (fields.Instant(), "2026-11-21T09:30:00+01:00", datetime(2026, 11, 21, 8, 30, tzinfo=UTC)),
    (fields.Instant(), "2026-03-29T02:30:00Z", datetime(2026, 3, 29, 2, 30, tzinfo=UTC)),
    (fields.ListOf(fields.Flag(), max_length=2), [True, False], [True, False]),
]
REFUSED: list[tuple[Any, Any, str]] = [
    *[(fields.Text(max_length=5), value, "invalid") for value in NOT_TEXT],
    (fields.Text(max_length=5), "abcdef", "max_length"),
    (fields.Text(max_length=5), "   ", "blank"),
    (fields.Text(max_length=5), None, "null"),
    (fields.Text(max_length=5), "a\nb", "control_character"),
    (fields.Text(max_length=5), "a\x85b", "control_character"),
    (fields.Text(max_length=5, multiline=True), "a\x07b", "control_character"),
    (fields.Text(max_length=5), "a\ud800b", "control_character"),
    (fields.Email(), "nobody", "invalid"),
    (fields.Email(), "a@b.c\n", "invalid"),
    *[(fields.Whole(min_value=0, max_value=9), value, "invalid") for value in ("5", 5.0, Decimal(5), True, [], {})],
    (fields.Whole(min_value=0, max_value=9), 10**4000, "max_value"),
    (fields.Whole(min_value=0, max_value=9), -1, "min_value"),
    *[
        (fields.Number(max_digits=5, decimal_places=2), value, "invalid")
        for value in ("1e3", "NaN", "Infinity", " 1", "1,5", "\u0663", True, [], {}, "1" * 41)
    ],
    (fields.Number(max_digits=5, decimal_places=2), "1.234", "max_decimal_places"),
    (fields.Number(max_digits=5, decimal_places=2), "12345", "max_whole_digits"),
    (fields.Number(max_digits=5, decimal_places=2), Decimal("1e999999"), "max_digits"),
    (fields.Number(max_digits=5, decimal_places=2), 10**4000, "max_digits"),
    *[(fields.Flag(), value, "invalid") for value in ("true", "1", 1, 0, "yes", [], {})],
    *[(fields.Choice(choices=["a", "b"]), value, "invalid_choice") for value in ("A", "", 1, [], {}, "x" * 10_000)],
    *[
        (fields.Instant(), value, "invalid")
        for value in (
            "tomorrow",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            1795267800,
            "",
            True,
            [],
            {},
            "0001-01-01T00:00:00+14:00",
            "9999-12-31T23:59:59-14:00",
        )
    ],
    *[
        (fields.Instant(), value, "offset_missing")
        for value in ("2026-03-29T02:30:00", "2026-11-21", "2026-11-21 09:30")
    ],
    *[
        (fields.Day(), value, "invalid")
        for value in (
            "2026-02-30",
            "21.11.2026",
            "2026-11-21T00:00:00Z",
            "20261121",
            "2026-\u0661\u0661-21",
            20261121,
            "",
            [],
        )
    ],
    *[
        (fields.Identifier(), value, "invalid")
        for value in (
            "x",
            5,
            "",
            "0192f0a05c8e70008000000000000000",
            "{0192f0a0-5c8e-7000-8000-000000000000}",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            [],
            {},
            True,
        )
    ],
    (fields.ListOf(fields.Flag(), max_length=2), [True] * 3, "max_length"),
    (fields.ListOf(fields.Flag(), max_length=2), [True] * 1_000_000, "max_length"),
    *[(fields.ListOf(fields.Flag(), max_length=2), value, "not_a_list") for value in ("ab", {}, 1, True)],
]


@pytest.mark.parametrize(("field", "value", "taken"), TAKEN, ids=lambda value: repr(value)[:40])
def test_a_field_takes_its_own_type(field: Any, value: Any, taken: Any):
    assert field.run_validation(value) == taken


@pytest.mark.parametrize(("field", "value", "code"), REFUSED, ids=lambda value: type(value).__name__ + repr(value)[:20])
def test_a_field_refuses_every_other(field: Any, value: Any, code: str):
    with pytest.raises(fields.serializers.ValidationError) as refusal:
        field.run_validation(value)
    assert code in json.dumps(refusal.value.get_codes())
    assert len(str(refusal.value.detail)) < 2_000, "what was sent is not sent back"


def test_a_name_is_stored_in_one_normal_form(admin: Caller):
    assert admin.patch("me", {"name": "Zoe\u0308 O\u2019Neill"}).status_code == 200
    assert User.objects.get(pk=admin.user.pk).name == "Zo\u00eb O\u2019Neill"


def test_a_time_is_answered_in_utc_whatever_the_reader_s_zone(admin: Caller):
    User.objects.update(time_zone="Asia/Jakarta")
    for caller in (admin, Caller(admin.user, session=True)):
        made = caller.post(
            "absences", {"starts_at": "2031-01-01T08:00:00+07:00", "ends_at": "2031-01-05T08:00:00+07:00"}
        )
        assert body(made)["starts_at"] == "2031-01-01T01:00:00Z"


# --- Every write operation -----------------------------------------------------------------------------------------------------------

GARBAGE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    " ",
    "x",
    "\u202e",
    "x" * 100_000,
    [],
    [None],
    [[]],
    {},
    {"a": {}},
    "0192f0a0-5c8e-7000-8000-00000000dead",
    [0] * 1000,
]
SERVER_OWNED = {
    "version": 9,
    "created_at": "2020-01-01T00:00:00Z",
    "updated_at": "2020-01-01T00:00:00Z",
    "owner": None,
    "lineage": [],
    "is_active": False,
    "password": "x",
    "is_superuser": True,
    "is_staff": True,
    "digest": "x",
    "prefix": "x",
    "last_used_at": None,
    "revoked_at": None,
    "invited_at": None,
    "rights": [],
    "score": 1,
    "read_at": None,
    "secret": "x",
}


def writes() -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, example) of every operation that takes a body."""
    found = []
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                found.append((method.upper(), path, content["examples"]["Example"]["value"]))
    return found


def properties(method: str, path: str) -> list[str]:
    content = document()["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
    name = content["schema"]["$ref"].rpartition("/")[2]
    return sorted(document()["components"]["schemas"][name]["properties"])


WRITES = writes()


@pytest.mark.parametrize(
    ("method", "path", "example"), WRITES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_every_field_refuses_every_wrong_type_without_a_5xx(
    world: World, method: str, path: str, example: dict[str, Any]
):
    """Each value in all fields at once, then in those that did not refuse it, until it is taken or nobody is named."""
    caller = Caller(world.people["admin"])
    address = path.replace("{id}", _some_id(world, path))
    for value in GARBAGE:
        names = set(properties(method, path))
        while names:
            answer = caller.send(method, address, example | dict.fromkeys(names, value))
            _is_answered_well(answer, (value, names))
            refused = _fields_named(body(answer))
            if not refused & names:
                break
            names -= refused


def _fields_named(document: Any) -> set[str]:
    """``/sites/0/city`` speaks of ``sites``."""
    faults = document.get("errors", ()) if isinstance(document, dict) else ()
    return {fault["pointer"].split("/")[1] for fault in faults if fault.get("pointer")}


def _is_answered_well(answer: Any, sent: Any) -> None:
    assert answer.status_code < 500, (sent, answer.content[:300])
    if answer.status_code >= 400:
        assert body(answer)["type"].startswith("/problems/"), answer.content[:300]
        assert len(answer.content) < 20_000, (sent, "what was sent is not sent back")


@pytest.mark.parametrize(
    ("method", "path", "example"), WRITES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_fields_the_server_owns_cannot_be_set(world: World, method: str, path: str, example: dict[str, Any]):
    caller = Caller(world.people["admin"])
    address = path.replace("{id}", _some_id(world, path))
    offered = properties(method, path)
    # A scoring rule is switched on and off by who writes it.
    owned = {name: value for name, value in SERVER_OWNED.items() if name != "is_active" or "/score-rules" not in path}
    for name, value in owned.items():
        assert name not in offered
        document = problem(caller.send(method, address, example | {name: value}), 422, "invalid")
        assert {"pointer": f"/{name}", "code": "unknown_field", "detail": "There is no such field here."} in document[
            "errors"
        ]


def test_the_operations_were_found():
    assert len(WRITES) >= 9


def _some_id(world: World, path: str) -> str:
    kind = path.removeprefix("/api/v1/").partition("/")[0]
    return make_records(world).get(kind, str(world.people["inside"].pk))


# --- Ids a client chose ----------------------------------------------------------------------------------------------------------------

OWN_ID = "0192f0a0-5c8e-7000-8000-00000000abcd"


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("users", {"email": "new@example.com", "name": "New"}),
        ("teams", {"name": "New", "kind": "inside"}),
        ("absences", TIMES),
        ("calendars", {"name": "New", "time_zone": "Asia/Jakarta", "hours": {"mon": [["09:00", "17:00"]]}}),
    ],
)
def test_a_client_chooses_the_id_and_a_repeat_finds_the_first(world: World, path: str, data: dict[str, Any]):
    caller = Caller(world.people["admin"])
    sent = data | {"id": OWN_ID} | ({"calendar": str(world.calendars["used"].pk)} if path == "teams" else {})
    first, again = caller.post(path, sent), caller.post(path, sent)
    assert first.status_code == again.status_code == 201
    assert body(first) == body(again)
    assert body(first)["id"] == OWN_ID
    assert first.headers["Location"].endswith(f"/api/v1/{path}/{OWN_ID}")
    assert len([row for row in caller.walk(path) if row["id"] == OWN_ID]) == 1


def test_another_record_under_the_same_id_is_a_conflict(admin: Caller):
    assert admin.post("absences", TIMES | {"id": OWN_ID}).status_code == 201
    problem(admin.post("absences", TIMES | {"id": OWN_ID, "note": "another"}), 409, "conflict", "id_taken")
    assert Absence.objects.count() == 1


# --- Queries --------------------------------------------------------------------------------------------------------------------------

BAD_QUERIES = [
    ({"moon": "full"}, "moon", "unknown_parameter"),
    ({"owner__password__startswith": "p"}, "owner__password__startswith", "unknown_parameter"),
    ({"format": "json"}, "format", "unknown_parameter"),
    ({"limit": "0"}, "limit", "out_of_range"),
    ({"limit": "201"}, "limit", "out_of_range"),
    ({"limit": "-1"}, "limit", "out_of_range"),
    ({"limit": "\u0663"}, "limit", "out_of_range"),
    ({"limit": "1e1"}, "limit", "out_of_range"),
    ({"limit": "9" * 5000}, "limit", "out_of_range"),
    ({"limit": ""}, "limit", "blank"),
    ({"limit": ["1", "2"]}, "limit", "repeated_parameter"),
    ({"order": "password"}, "order", "unknown_order"),
    ({"order": "--name"}, "order", "unknown_order"),
    ({"order": "name,id"}, "order", "unknown_order"),
    ({"order": "team__name"}, "order", "unknown_order"),
    ({"fields": "password"}, "fields", "unknown_field"),
    ({"fields": "id,,name"}, "fields", "unknown_field"),
    ({"fields": ""}, "fields", "blank"),
    ({"cursor": ""}, "cursor", "blank"),
    ({"team": ""}, "team", "blank"),
    ({"cursor": "x"}, "cursor", "bad_cursor"),
    ({"cursor": "WyJpZCIsIngiLCJ5Il0:sig"}, "cursor", "bad_cursor"),
    ({"cursor": "é" * 300}, "cursor", "bad_cursor"),
    ({"updated_since": "yesterday"}, "updated_since", "invalid"),
    ({"updated_since": "2026-11-21T00:00:00"}, "updated_since", "offset_missing"),
    ({"updated_since": "2026-11-21T00:00:00\x00"}, "updated_since", "unstorable_text"),
    ({"team": "x"}, "team", "invalid"),
    ({"team": "\x00"}, "team", "unstorable_text"),
    ({"capability": "flies"}, "capability", "invalid_choice"),
    ({"is_active": "maybe"}, "is_active", "invalid"),
    ({"email": "x" * 301}, "email", "max_length"),
]


@pytest.mark.parametrize(("query", "name", "code"), BAD_QUERIES, ids=lambda value: repr(value)[:40])
def test_a_query_that_does_not_fit_is_pointed_at(admin: Caller, query: dict[str, Any], name: str, code: str):
    document = problem(admin.get("users", **query), 400, "bad_parameter", code)
    assert [fault["parameter"] for fault in document["errors"]] == [name]


def test_a_detail_and_a_write_take_no_list_parameters(admin: Caller):
    problem(admin.get("me", limit=5), 400, "bad_parameter", "unknown_parameter")
    problem(admin.post("users?limit=5", {}), 400, "bad_parameter", "unknown_parameter")
