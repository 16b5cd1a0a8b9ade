"""A write with an Idempotency-Key takes effect once and always gives the same answer (P12, D17)."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.cache import caches
from django.db import OperationalError, connection, transaction
from django.http import HttpResponse

from accounts.models import Absence, ApiKey, Team
from accounts.services import absences
from crm.core import clock
from crm.core.api import idempotency, resources
from crm.core.errors import Conflict, Forbidden
from crm.core.models import IdempotencyRecord, JournalEntry
from tests.api.callers import Caller, body, problem
from tests.api.racing import race
from tests.factories.accounts import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
AWAY = {"starts_at": "2031-01-01T08:00:00Z", "ends_at": "2031-01-05T08:00:00Z"}
COPIES = 32


@pytest.fixture
def admin() -> Caller:
    return Caller(UserFactory(admin=True))


def is_replay(answer: HttpResponse) -> bool:
    return answer.headers.get("Idempotent-Replayed") == "true"


# --- One after the other ------------------------------------------------------------------------------------------------------


def test_a_repeat_gets_the_same_answer_and_does_nothing(admin: Caller):
    first, again = (admin.post("absences", AWAY, Idempotency_Key="k1") for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert not is_replay(first)
    assert is_replay(again)
    for name in ("ETag", "Location", "Content-Type"):
        assert first.headers[name] == again.headers[name]
    assert Absence.objects.count() == 1
    assert JournalEntry.objects.filter(event="absence.added").count() == 1


def test_without_a_key_each_one_counts(admin: Caller):
    assert [admin.post("absences", AWAY).status_code for _ in range(2)] == [201, 201]
    assert Absence.objects.count() == 2


def test_a_removal_is_answered_again_although_the_record_is_gone(admin: Caller):
    path = f"absences/{body(admin.post('absences', AWAY))['id']}"
    first, again = (admin.delete(path, Idempotency_Key="k1") for _ in range(2))
    assert (first.status_code, again.status_code) == (204, 204)
    assert is_replay(again)
    assert again.content == b""
    problem(admin.delete(path, Idempotency_Key="k2"), 404, "not_found")


def test_the_key_belongs_to_one_request(admin: Caller):
    admin.post("absences", AWAY, Idempotency_Key="k1")
    path = f"users/{admin.user.pk}"
    others = [
        admin.post("absences", AWAY | {"note": "other"}, Idempotency_Key="k1"),
        admin.send("POST", "absences", json.dumps(AWAY).encode() + b" ", Idempotency_Key="k1"),
        admin.post("calendars", AWAY, Idempotency_Key="k1"),
        admin.patch(path, AWAY, Idempotency_Key="k1"),
        admin.post("absences", AWAY, Idempotency_Key="k1", If_Match="1"),
    ]
    for answer in others:
        problem(answer, 422, "idempotency_mismatch")
    assert Absence.objects.count() == 1


def test_the_key_belongs_to_its_caller(admin: Caller):
    other = Caller(UserFactory())
    assert not is_replay(admin.post("absences", AWAY, Idempotency_Key="k1"))
    assert not is_replay(other.post("absences", AWAY, Idempotency_Key="k1"))
    assert Absence.objects.count() == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256, "a\tb"])
def test_a_key_that_is_none(admin: Caller, key: str):
    document = problem(admin.post("absences", AWAY, Idempotency_Key=key), 400, "bad_header", "bad_header")
    assert [fault["header"] for fault in document["errors"]] == ["Idempotency-Key"]
    assert not Absence.objects.exists()


@pytest.mark.parametrize("key", ["x", '"quoted-as-a-structured-field"', "~" * 255])
def test_a_key_that_is_one(admin: Caller, key: str):
    admin.post("absences", AWAY, Idempotency_Key=key)
    assert is_replay(admin.post("absences", AWAY, Idempotency_Key=key))


def test_reading_needs_no_key_and_keeps_nothing(admin: Caller):
    assert admin.get("me", headers={"Idempotency-Key": "k1"}).status_code == 200
    assert not IdempotencyRecord.objects.exists()


def test_a_flushed_redis_forgets_nothing(admin: Caller):
    admin.post("absences", AWAY, Idempotency_Key="k1")
    caches["fast"].clear()
    assert is_replay(admin.post("absences", AWAY, Idempotency_Key="k1"))


def test_after_seven_days_the_key_is_new(admin: Caller):
    admin.post("absences", AWAY, Idempotency_Key="k1")
    IdempotencyRecord.objects.update(created_at=clock.now() - timedelta(days=7, seconds=-60))
    assert is_replay(admin.post("absences", AWAY, Idempotency_Key="k1"))
    IdempotencyRecord.objects.update(created_at=clock.now() - timedelta(days=7, seconds=60))
    assert not is_replay(admin.post("absences", AWAY | {"note": "another"}, Idempotency_Key="k1"))
    assert Absence.objects.count() == 2


# --- What is kept ------------------------------------------------------------------------------------------------------------------


def test_a_refusal_by_the_act_is_kept(admin: Caller):
    taken = TeamFactory(name="Taken")
    data = {"name": "Taken", "kind": "inside", "calendar": str(taken.calendar_id)}
    first = admin.post("teams", data, Idempotency_Key="k1")
    taken.name = "Free"
    taken.save()
    again = admin.post("teams", data, Idempotency_Key="k1")
    problem(first, 409, "conflict", "already_exists")
    assert again.content == first.content
    assert is_replay(again)
    assert not Team.objects.filter(name="Taken").exists()


def test_a_refused_precondition_is_kept(admin: Caller):
    first = admin.patch("me", {"name": "Me"}, If_Match="99", Idempotency_Key="k1")
    problem(first, 412, "version_conflict")
    assert is_replay(admin.patch("me", {"name": "Me"}, If_Match="99", Idempotency_Key="k1"))


def test_input_that_was_refused_before_is_not_kept(admin: Caller):
    problem(admin.post("absences", {"starts_at": "soon"}, Idempotency_Key="k1"), 422, "invalid")
    problem(admin.send("POST", "absences", b"{", Idempotency_Key="k1"), 400, "bad_body")
    assert admin.post("absences", AWAY, Idempotency_Key="k1").status_code == 201


def test_rights_are_not_kept():
    rep = UserFactory()
    problem(
        Caller(rep, session=True).post("users", {"email": "a@example.com", "name": "A"}, Idempotency_Key="k1"),
        403,
        "forbidden",
    )
    other = {**AWAY, "user": str(UserFactory(team=rep.team).pk)}
    problem(Caller(rep, session=True).post("absences", other, Idempotency_Key="k2"), 403, "forbidden")
    rep.capabilities = ["administers"]
    rep.save()
    assert (
        Caller(rep, session=True)
        .post("users", {"email": "a@example.com", "name": "A"}, Idempotency_Key="k1")
        .status_code
        == 201
    )
    assert Caller(rep, session=True).post("absences", other, Idempotency_Key="k2").status_code == 201


@pytest.mark.parametrize("fault", [RuntimeError("half way"), OperationalError("gone"), Forbidden()])
def test_a_failure_is_not_kept_and_leaves_nothing(admin: Caller, monkeypatch: pytest.MonkeyPatch, fault: Exception):
    """The service writes and then fails: the write goes with the claim, and the repeat runs."""
    monkeypatch.setattr(absences, "add_absence", writing_then(fault))
    assert admin.post("absences", AWAY, Idempotency_Key="k1").status_code in {403, 500, 503}
    assert not Absence.objects.exists()
    assert not IdempotencyRecord.objects.exists()
    monkeypatch.undo()
    assert admin.post("absences", AWAY, Idempotency_Key="k1").status_code == 201


def test_a_refusal_half_way_leaves_its_answer_and_nothing_else(admin: Caller, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(absences, "add_absence", writing_then(Conflict(code="too_late")))
    problem(admin.post("absences", AWAY, Idempotency_Key="k1"), 409, "conflict", "too_late")
    monkeypatch.undo()
    assert not Absence.objects.exists()
    assert not JournalEntry.objects.filter(event="absence.added").exists()
    assert is_replay(admin.post("absences", AWAY, Idempotency_Key="k1"))


def writing_then(fault: Exception) -> Any:
    original = absences.add_absence

    def fail(**values: Any) -> None:
        original(**values)
        raise fault

    return fail


def test_the_victim_of_a_deadlock_runs_again(admin: Caller, monkeypatch: pytest.MonkeyPatch):
    original, calls = absences.add_absence, []

    def sometimes(**values: Any) -> Absence:
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError("deadlock") from psycopg.errors.DeadlockDetected()
        return original(**values)

    monkeypatch.setattr(absences, "add_absence", sometimes)
    assert admin.post("absences", AWAY, Idempotency_Key="k1").status_code == 201
    assert len(calls) == 3
    assert Absence.objects.count() == 1
    calls.clear()
    problem(admin.post("absences", AWAY), 503, "unavailable")  # without a key it is the caller's to repeat


def test_the_act_has_its_usual_patience_with_locks(admin: Caller, monkeypatch: pytest.MonkeyPatch):
    original, said = absences.add_absence, []

    def ask(**values: Any) -> Absence:
        with connection.cursor() as cursor:
            cursor.execute("SHOW lock_timeout")
            said.append(cursor.fetchone()[0])
        return original(**values)

    monkeypatch.setattr(absences, "add_absence", ask)
    admin.post("absences", AWAY)
    admin.post("absences", AWAY, Idempotency_Key="k1")
    assert said[0] == said[1]


def test_a_secret_shown_once_is_not_stored(admin: Caller):
    data = {"name": "Sync", "scopes": ["me:read"]}
    first, again = (admin.post("keys", data, Idempotency_Key="k1") for _ in range(2))
    secret = body(first)["secret"]
    assert secret.startswith("tdm_")
    assert is_replay(again)
    assert body(again) == body(first) | {"secret": None}
    assert secret.encode() not in bytes(IdempotencyRecord.objects.get().answer)
    assert ApiKey.objects.filter(name="Sync").count() == 1


# --- Together ------------------------------------------------------------------------------------------------------------------------


def send_copies(caller: Caller) -> list[HttpResponse]:
    return race(COPIES, lambda place: caller.post("absences", AWAY, Idempotency_Key="k1"))


@pytest.mark.django_db(transaction=True)
def test_of_many_copies_at_once_one_takes_effect():
    answers = send_copies(Caller(UserFactory(admin=True)))
    made = [answer for answer in answers if answer.status_code == 201]
    running = [answer for answer in answers if answer.status_code != 201]
    assert Absence.objects.count() == 1
    assert JournalEntry.objects.filter(event="absence.added").count() == 1
    assert len({answer.content for answer in made}) == 1
    assert len([answer for answer in made if not is_replay(answer)]) == 1
    for answer in running:
        problem(answer, 409, "idempotency_running")


@pytest.mark.django_db(transaction=True)
def test_looking_first_and_writing_then_would_fail_the_same_test(monkeypatch: pytest.MonkeyPatch):
    """The control: the variant with a gap between the look and the row doubles the effect."""

    def naive(view: Any, run: Any) -> HttpResponse:
        key, caller = view.request.headers["Idempotency-Key"], view.request.user.pk
        record = IdempotencyRecord.objects.filter(caller_id=caller, key=key).first()
        if record is not None:
            return HttpResponse(bytes(record.answer), status=record.status)
        response = run()
        IdempotencyRecord.objects.create(
            caller_id=caller, key=key, method="", path="", body_digest="", status=201, answer=response.content
        )
        return response

    monkeypatch.setattr(resources.idempotency, "once", naive)
    send_copies(Caller(UserFactory(admin=True)))
    assert Absence.objects.count() > 1


@pytest.mark.django_db(transaction=True)
def test_different_keys_do_not_wait_for_each_other():
    caller = Caller(UserFactory(admin=True))
    answers = race(8, lambda place: caller.post("absences", AWAY, Idempotency_Key=f"k{place}"))
    assert [answer.status_code for answer in answers] == [201] * 8
    assert Absence.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_a_twin_that_runs_long_is_named_after_two_seconds():
    caller = Caller(UserFactory(admin=True))
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            IdempotencyRecord.objects.create(
                caller_id=caller.user.pk, key="k1", method="POST", path="/", body_digest=""
            )
            holding.set()
            done.wait(timeout=20)
            transaction.set_rollback(True)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert holding.wait(timeout=10)
        started = time.monotonic()
        answer = caller.post("absences", AWAY, Idempotency_Key="k1")
        waited = time.monotonic() - started
    finally:
        done.set()
        thread.join()
    problem(answer, 409, "idempotency_running")
    assert answer.headers["Retry-After"] == "1"
    assert waited >= idempotency.WAIT_SECONDS - 0.1
    assert not Absence.objects.exists()
    assert caller.post("absences", AWAY, Idempotency_Key="k1").status_code == 201, "the twin failed, so this one runs"


@pytest.mark.django_db(transaction=True)
def test_an_answer_lost_after_the_commit_is_found_again(monkeypatch: pytest.MonkeyPatch):
    """The effect is committed, then the process cannot answer any more: the client repeats, and hears what happened."""
    caller, original, lost = Caller(UserFactory(admin=True)), resources.Endpoint.finalize_response, []

    def cut(self: Any, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and not lost:
            lost.append(response)
            raise ConnectionError("the cable was cut")
        return original(self, request, response, *args, **kwargs)

    monkeypatch.setattr(resources.Endpoint, "finalize_response", cut)
    assert caller.post("absences", AWAY, Idempotency_Key="k1").status_code == 500
    assert Absence.objects.count() == 1
    again = caller.post("absences", AWAY, Idempotency_Key="k1")
    assert again.status_code == 201
    assert is_replay(again)
    assert again.content == lost[0].content
    assert Absence.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_keeps_nothing(monkeypatch: pytest.MonkeyPatch):
    """Foreign keys are checked at commit: what fails there is refused, and the key is free."""
    caller, original = Caller(UserFactory(admin=True)), absences.add_absence

    def orphan(**values: Any) -> Absence:
        made = original(**values)
        Absence.objects.filter(pk=made.pk).update(user_id="0192f0a0-5c8e-7000-8000-00000000dead")
        return made

    monkeypatch.setattr(absences, "add_absence", orphan)
    problem(caller.post("absences", AWAY, Idempotency_Key="k1"), 409, "conflict")
    assert not IdempotencyRecord.objects.exists()
    monkeypatch.undo()
    assert caller.post("absences", AWAY, Idempotency_Key="k1").status_code == 201
