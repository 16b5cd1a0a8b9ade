"""Every error under /api/ is a problem document, whatever went wrong, and gives nothing away."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404

from accounts.services import people
from crm.core import errors
from crm.core.api import problems
from tests.api.callers import Caller, body, problem
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
DOCS = Path(__file__).resolve().parents[2] / "docs" / "api-problems.md"


@pytest.fixture
def admin() -> Caller:
    return Caller(UserFactory(admin=True))


# --- By the way of the request ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/users/", "/api/", "/api/v2/users", "/api/v1/users/x/y/z"])
def test_an_unknown_address_is_a_problem(admin: Caller, path: str):
    problem(admin.get(path), 404, "not_found", "not_found")


def test_an_unknown_address_elsewhere_is_a_page(admin: Caller):
    answer = admin.get("/nothing-here")
    assert answer.status_code in {302, 404}
    assert "problem" not in answer.headers["Content-Type"]


@pytest.mark.parametrize(
    "identifier",
    ["x", "%00", "1", "0192f0a05c8e70008000000000000000", "{0192f0a0-5c8e-7000-8000-000000000000}", "é", "a" * 3000],
)
def test_what_is_no_id_is_absent(admin: Caller, identifier: str):
    problem(admin.get(f"users/{identifier}"), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "users", "GET, HEAD, POST"),
        ("POST", "me", "GET, HEAD, PATCH"),
        ("DELETE", "journal", "GET, HEAD"),
        ("OPTIONS", "users", "GET, HEAD, POST"),
        ("TRACE", "users", "GET, HEAD, POST"),
    ],
)
def test_a_method_that_is_not_offered(admin: Caller, method: str, path: str, allowed: str):
    answer = admin.send(method, path)
    problem(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed


def test_an_anonymous_one_learns_no_methods():
    problem(Caller().send("PUT", "users"), 401, "not_authenticated")


def test_a_format_that_is_not_offered(admin: Caller):
    problem(admin.get("users", headers={"Accept": "text/csv"}), 406, "not_acceptable")


@pytest.mark.parametrize(
    "media_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""],
)
def test_a_body_of_another_type(admin: Caller, media_type: str):
    problem(admin.send("POST", "users", b"{}", Content_Type=media_type), 415, "unsupported_media_type")


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 6 * 1024 * 1024])
def test_a_body_that_is_too_large(admin: Caller, size: int):
    """Above our limit, and above Django's own, which cuts in earlier."""
    problem(admin.send("POST", "users", b'"' + b"x" * size + b'"'), 413, "too_large")


def test_the_reader_s_language(admin: Caller):
    answer = admin.get("users", headers={"Accept-Language": "fr"}, limit=0)
    assert body(answer)["code"] == "out_of_range"
    assert answer.headers["Content-Language"] == "fr"
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_request_id_is_the_caller_s_to_choose(admin: Caller):
    answer = admin.get("users", headers={"X-Request-ID": "order-4711-a"}, limit=0)
    assert body(answer)["instance"] == "urn:tandem:request:order-4711-a"
    assert answer.headers["X-Request-ID"] == "order-4711-a"


# --- By the fault -----------------------------------------------------------------------------------------------------------


def caused(kind: type[Exception], cause: Exception) -> Exception:
    """A Django database error as Django raises it: from the driver's."""
    try:
        raise kind("relation accounts_user, column email, value 'secret'") from cause
    except kind as error:
        return error


FAULTS = [
    (errors.NotFound(), 404, "not_found", "not_found"),
    (errors.Forbidden(), 403, "forbidden", "forbidden"),
    (errors.Invalid("No.", field="name"), 422, "invalid", "invalid"),
    (errors.Conflict(code="taken"), 409, "conflict", "taken"),
    (errors.Refusal(code="odd"), 409, "conflict", "odd"),
    (errors.VersionConflict(current=7), 409, "version_conflict", "version_conflict"),
    (Http404("accounts.User"), 404, "not_found", "not_found"),
    (SuspiciousOperation("/etc/passwd"), 400, "bad_request", "bad_request"),
    (BadRequest("x"), 400, "bad_request", "bad_request"),
    (RequestDataTooBig("x"), 413, "too_large", "too_large"),
    (ValidationError("Not so."), 422, "invalid", "invalid"),
    (ProtectedError("x", set()), 409, "conflict", "in_use"),
    (caused(IntegrityError, psycopg.errors.UniqueViolation()), 409, "conflict", "already_exists"),
    (caused(IntegrityError, psycopg.errors.ExclusionViolation()), 409, "conflict", "conflict"),
    (caused(IntegrityError, psycopg.errors.ForeignKeyViolation()), 409, "conflict", "conflict"),
    (caused(IntegrityError, psycopg.errors.CheckViolation()), 422, "invalid", "invalid"),
    (caused(IntegrityError, psycopg.errors.NotNullViolation()), 422, "invalid", "invalid"),
    (caused(DataError, psycopg.errors.NumericValueOutOfRange()), 422, "invalid", "invalid"),
    (caused(OperationalError, psycopg.errors.ProgramLimitExceeded()), 422, "invalid", "invalid"),
    (caused(OperationalError, psycopg.errors.LockNotAvailable()), 503, "unavailable", "unavailable"),
    (caused(OperationalError, psycopg.errors.QueryCanceled()), 503, "unavailable", "unavailable"),
    (caused(OperationalError, psycopg.errors.DeadlockDetected()), 503, "unavailable", "unavailable"),
    (caused(OperationalError, psycopg.errors.CannotConnectNow()), 503, "unavailable", "unavailable"),
    (caused(OperationalError, psycopg.OperationalError("connection refused")), 503, "unavailable", "unavailable"),
    (caused(InterfaceError, psycopg.InterfaceError()), 503, "unavailable", "unavailable"),
    (RuntimeError("/srv/tandem/secret.py"), 500, "internal", "internal"),
]


@pytest.mark.parametrize(
    ("fault", "status", "kind", "code"),
    FAULTS,
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_service_that_fails_answers_a_problem(
    admin: Caller, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int, kind: str, code: str
):
    def fail(**kwargs: object) -> None:
        raise fault

    monkeypatch.setattr(people, "change_profile", fail)
    answer = admin.patch("me", {"name": "Me"})
    document = problem(answer, status, kind, code)
    if status == 503:
        assert int(answer.headers["Retry-After"]) >= 1
    if isinstance(fault, errors.VersionConflict):
        assert document["current_version"] == 7
        problem(admin.patch("me", {"name": "Me"}, If_Match="3"), 412, "version_conflict")
    assert not re.search(
        r"accounts_user|accounts\.|column|secret|passwd|Traceback|Error\b|\.py|SELECT|psycopg", answer.content.decode()
    )


def test_a_refused_field_is_pointed_at(admin: Caller):
    """JSON pointers escape what they must (RFC 6901), and reach into lists."""
    document = problem(admin.patch("me", {"a/b~c": 1, "product_skills": ["ok", 5]}), 422, "invalid", "invalid")
    assert {fault["pointer"]: fault["code"] for fault in document["errors"]} == {
        "/a~1b~0c": "unknown_field",
        "/product_skills/1": "invalid",
    }


def test_a_thousand_faults_make_no_large_answer(admin: Caller):
    answer = admin.patch("me", {f"{'x' * 3000}{number}": 1 for number in range(300)})
    assert len(problem(answer, 422, "invalid", "unknown_field")["errors"]) == problems.MOST_FAULTS
    assert len(answer.content) < 50_000


def test_the_database_going_away_before_the_view_is_503_too(admin: Caller, monkeypatch: pytest.MonkeyPatch):
    """handler500 is asked for what a middleware meets."""
    monkeypatch.setattr(
        "accounts.middleware.lacks_second_factor",
        lambda user: (_ for _ in ()).throw(caused(OperationalError, psycopg.errors.AdminShutdown())),
    )
    monkeypatch.setattr("accounts.middleware.SETTING_UP", ())
    answer = admin.get("users")
    problem(answer, 503, "unavailable")
    assert answer.headers["Retry-After"] == "2"


def test_a_refusal_reaches_the_repeat_as_well_as_the_first(admin: Caller):
    first = admin.patch("me", {"time_zone": "Mars/Olympus"})
    assert problem(first, 422, "invalid")["errors"][0]["pointer"] == "/time_zone"


# --- The list --------------------------------------------------------------------------------------------------------------------


def test_the_kinds_are_documented_one_by_one():
    """docs/api-problems.md has each kind's row; regenerate its table from ``problems.KINDS``."""
    text = DOCS.read_text(encoding="utf-8")
    for kind in problems.KINDS:
        assert f"| `{kind.name}` | {kind.status} | {kind.meaning} |" in text
    assert len(re.findall(r"^\| `", text.partition("## Codes")[0], flags=re.MULTILINE)) == len(problems.KINDS)


def test_the_codes_of_refusals_are_documented():
    """Every code that our sources refuse with stands in the list of codes."""
    root = Path(__file__).resolve().parents[2]
    found = set()
    for top in ("accounts", "activities", "crm", "leads", "territories"):
        for path in (root / top).rglob("*.py"):
            found |= set(re.findall(r'\bcode="([a-z_]+)"', path.read_text(encoding="utf-8")))
    listed = set(re.findall(r"`([a-z_]+)`", DOCS.read_text(encoding="utf-8").partition("## Codes")[2]))
    assert found - listed == set()
