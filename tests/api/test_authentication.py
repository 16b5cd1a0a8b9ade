"""Keys and sessions: who gets in, as whom, and until when (P28, P30, P32, P33)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import ApiKey, User
from accounts.services import keys
from crm.core import clock, context
from crm.core.models import JournalEntry
from tests.api.callers import Caller, body, problem
from tests.factories.accounts import UserFactory, make_key

pytestmark = pytest.mark.django_db


def with_header(value: str) -> Caller:
    caller = Caller()
    caller.headers["Authorization"] = value
    return caller


# --- Keys -------------------------------------------------------------------------------------------------------------------


def test_a_key_acts_as_its_owner_and_says_so_in_the_journal():
    caller = Caller(UserFactory())
    assert body(caller.get("me"))["id"] == str(caller.user.pk)
    caller.patch("me", {"name": "By key"})
    entry = JournalEntry.objects.get(event="user.changed")
    assert entry.actor_id == caller.user.pk
    assert entry.actor_label == f"key {caller.key.prefix}"
    assert context.door.get() == "", "the door is closed behind the request"
    session = Caller(caller.user, session=True)
    session.patch("me", {"name": "By page"})
    assert JournalEntry.objects.filter(event="user.changed").latest("position").actor_label == "page"


@pytest.mark.parametrize(
    "value",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer tdm_",
        "bearer tdm_" + "x" * 43,
        "Bearer tdm_" + "x" * 9000,
        "Bearer \u00e9",
        "Bearer tdm_a b",
    ],
)
def test_a_wrong_key_is_401(value: str):
    answer = with_header(value).get("me")
    problem(answer, 401, "not_authenticated", "invalid_key")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Tandem"'


@pytest.mark.parametrize("value", ["", "Basic dXNlcjpwYXNz", "tdm_x", "Token x"])
def test_no_key_is_401(value: str):
    problem(with_header(value).get("me"), 401, "not_authenticated", "not_authenticated")


def test_wrong_keys_cannot_be_told_apart():
    owner = UserFactory()
    answers = []
    for spoil in ({"revoked_at": clock.now()}, {"expires_at": clock.now() - timedelta(seconds=1)}, {}):
        key, secret = make_key(owner)
        ApiKey.objects.filter(pk=key.pk).update(**spoil)
        answers.append(with_header(f"Bearer {secret}" if spoil else "Bearer tdm_unknown").get("me"))
    documents = [{name: value for name, value in body(answer).items() if name != "instance"} for answer in answers]
    assert documents[0] == documents[1] == documents[2]


def test_a_key_ends_with_its_expiry_revocation_and_owner():
    key, secret = make_key(UserFactory())
    caller = with_header(f"Bearer {secret}")
    for field, value in (("expires_at", clock.now()), ("revoked_at", clock.now())):
        ApiKey.objects.filter(pk=key.pk).update(**{field: value})
        assert caller.get("me").status_code == 401
        ApiKey.objects.filter(pk=key.pk).update(**{field: None})
    User.objects.update(is_active=False)
    assert caller.get("me").status_code == 401


def test_rights_that_were_taken_are_gone_with_the_next_request():
    admin = Caller(UserFactory(admin=True))
    assert admin.get("journal").status_code == 200
    User.objects.filter(pk=admin.user.pk).update(capabilities=["calls"])
    problem(admin.get("journal"), 403, "forbidden")
    assert "journal:read" not in body(admin.get("me"))["scopes"]


def test_use_is_noted_at_most_once_a_minute(time_machine: Any):
    time_machine.move_to("2026-11-21T10:00:00Z", tick=False)
    caller = Caller(UserFactory())
    seen = []
    for seconds in (0, 30, 59, 61):
        time_machine.move_to(f"2026-11-21T10:0{seconds // 60}:{seconds % 60:02}Z", tick=False)
        caller.get("me")
        seen.append(ApiKey.objects.get(pk=caller.key.pk).last_used_at.strftime("%M:%S"))
    assert seen == ["00:00", "00:00", "00:00", "01:01"]


def test_the_secret_is_stored_as_a_digest_only():
    caller = Caller(UserFactory())
    row = ApiKey.objects.filter(pk=caller.key.pk).values().get()
    assert caller.secret not in str(row)
    assert row["digest"] == keys.digest(caller.secret)
    assert len(caller.secret) == len("tdm_") + 43


def test_a_key_beats_a_session():
    """A request with both acts as the key: its scopes hold."""
    person = UserFactory(admin=True)
    caller = Caller(person, "me:read")
    caller.client.force_login(UserFactory())
    assert body(caller.get("me"))["key"]["id"] == str(caller.key.pk)
    problem(caller.get("users"), 403, "missing_scope")


# --- Sessions -----------------------------------------------------------------------------------------------------------------


def test_a_session_has_all_of_its_person_s_rights():
    rep = UserFactory()
    me = body(Caller(rep, session=True).get("me"))
    assert me["key"] is None
    assert tuple(me["scopes"]) == keys.scopes_of(rep)


def test_a_session_of_somebody_switched_off_is_nobody_s():
    caller = Caller(UserFactory(), session=True)
    User.objects.update(is_active=False)
    problem(caller.get("me"), 401, "not_authenticated")


def test_a_session_s_write_needs_the_csrf_token():
    caller = Caller(UserFactory(), session=True, strict_csrf=True)
    assert caller.get("me").status_code == 200
    problem(caller.patch("me", {"name": "Forged"}), 403, "forbidden", "csrf_failed")
    problem(caller.patch("me", {"name": "Forged"}, X_CSRFToken="x" * 64), 403, "forbidden", "csrf_failed")
    assert User.objects.get().name != "Forged"


def test_a_write_from_another_site_is_refused_even_with_a_token():
    caller, token = signed_in_with_token()
    mine, theirs = {"Origin": "http://testserver"}, {"Origin": "https://evil.example"}
    problem(caller.patch("me", {"name": "Forged"}, X_CSRFToken=token, **theirs), 403, "forbidden", "csrf_failed")
    assert caller.patch("me", {"name": "Mine"}, X_CSRFToken=token, **mine).status_code == 200


def test_a_form_of_another_site_cannot_write():
    """What a foreign page can send without asking first (a form) is not read at all; and GET changes nothing."""
    caller, token = signed_in_with_token()
    for media_type in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
        answer = caller.send("POST", "absences", b'{"starts_at": 1}', Content_Type=media_type, X_CSRFToken=token)
        assert answer.status_code == 415
    assert token


def signed_in_with_token() -> tuple[Caller, str]:
    caller = Caller(UserFactory(), session=True, strict_csrf=True)
    token = "a" * 32
    caller.client.cookies[django_settings.CSRF_COOKIE_NAME] = token
    return caller, token


def test_a_key_needs_no_csrf_token():
    caller = Caller(UserFactory(), strict_csrf=True)
    assert caller.patch("me", {"name": "By key"}).status_code == 200


def test_who_must_set_up_a_second_factor_is_told_and_not_redirected(settings: Any):
    settings.SECOND_FACTOR_REQUIRED = frozenset({"administers"})
    admin, rep = UserFactory(admin=True), UserFactory()
    problem(Caller(admin, session=True).get("me"), 403, "forbidden", "second_factor_required")
    assert Caller(rep, session=True).get("me").status_code == 200
    assert Caller(admin).get("me").status_code == 200, "a key was made by somebody who had signed in"


def test_the_api_sends_nobody_to_a_page():
    for path in ("me", "users", "schema", "journal", "users/x/deactivate"):
        assert Client().get(f"/api/v1/{path}").status_code in {401, 404, 405}


def test_answers_are_private_and_framed_by_nobody():
    answer = Caller(UserFactory()).get("me")
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert {"Authorization", "Cookie"} <= {name.strip() for name in answer.headers["Vary"].split(",")}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


# --- Keys made by keys ------------------------------------------------------------------------------------------------------------


def test_a_key_makes_no_key_that_may_more():
    caller = Caller(UserFactory(admin=True), "keys:write", "me:read")
    refused = problem(
        caller.post("keys", {"name": "More", "scopes": ["users:write"]}), 422, "invalid", "scope_beyond_key"
    )
    assert refused["errors"][0]["pointer"] == "/scopes"
    assert caller.post("keys", {"name": "Same", "scopes": ["me:read"]}).status_code == 201


def test_a_key_makes_no_key_that_lives_longer():
    caller = Caller(UserFactory())
    ends = clock.now() + timedelta(days=1)
    ApiKey.objects.filter(pk=caller.key.pk).update(expires_at=ends)
    for expires_at in (None, (ends + timedelta(seconds=1)).isoformat()):
        problem(
            caller.post("keys", {"name": "Longer", "scopes": ["me:read"], "expires_at": expires_at}),
            422,
            "invalid",
            "expiry_beyond_key",
        )
    shorter = {"name": "Shorter", "scopes": ["me:read"], "expires_at": (ends - timedelta(hours=1)).isoformat()}
    assert caller.post("keys", shorter).status_code == 201


def test_nobody_makes_a_key_beyond_their_rights():
    caller = Caller(UserFactory(), session=True)
    problem(caller.post("keys", {"name": "More", "scopes": ["users:write"]}), 422, "invalid", "scope_beyond_rights")
    problem(caller.post("keys", {"name": "More", "scopes": ["moon:read"]}), 422, "invalid", "unknown_scope")
