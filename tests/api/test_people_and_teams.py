"""What each operation of this app does, seen from outside."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from accounts import notices
from accounts.models import Absence, ApiKey, Notice, Team, User, WorkingCalendar
from crm.core import clock
from crm.core.models import JournalEntry
from tests.api.callers import Caller, body, problem
from tests.api.world import World
from tests.factories.accounts import AbsenceFactory, CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Caller:
    return Caller(UserFactory(admin=True))


# --- me -------------------------------------------------------------------------------------------------------------------------


def test_me_says_who_calls_and_with_what():
    person = UserFactory(hybrid=True, language="id", time_zone="Asia/Jakarta")
    caller = Caller(person, "me:read", "users:read")
    me = body(caller.get("me"))
    assert me["capabilities"] == ["calls", "visits"]
    assert me["motion"] == "hybrid"
    assert me["team"] == {"id": str(person.team.pk), "name": person.team.name}
    assert me["scopes"] == ["me:read", "users:read"]
    assert me["key"] == {"id": str(caller.key.pk), "name": "Test key", "prefix": caller.key.prefix, "expires_at": None}
    assert (me["language"], me["time_zone"]) == ("id", "Asia/Jakarta")


def test_one_s_own_profile_and_nothing_of_one_s_rights():
    caller = Caller(UserFactory())
    own = {
        "name": "Inès Moreau",
        "language": "fr",
        "time_zone": "Asia/Jakarta",
        "home_label": "Paris 11",
        "home_latitude": "48.85",
        "home_longitude": 2.38,
        "product_skills": ["Pumps", "Valves"],
        "language_skills": ["fr", "id"],
    }
    answer = caller.patch("me", own)
    assert answer.status_code == 200
    shown = body(answer)
    assert {name: shown[name] for name in own} == own | {"home_latitude": "48.85000", "home_longitude": "2.38000"}
    for name, value in {
        "capabilities": ["administers"],
        "team": None,
        "email": "x@example.com",
        "weekly_capacity": 1,
    }.items():
        problem(caller.patch("me", {name: value}), 422, "invalid", "unknown_field")
    problem(caller.patch("me", {"home_latitude": None}), 422, "invalid")
    problem(caller.patch("me", {"home_latitude": "91"}), 422, "invalid", "max_value")
    problem(caller.patch("me", {"time_zone": "Mars/Olympus"}), 422, "invalid")


def test_a_patch_of_nothing_changes_nothing():
    caller = Caller(UserFactory())
    assert body(caller.patch("me", {}))["version"] == 1
    assert not JournalEntry.objects.filter(event="user.changed").exists()


# --- users ------------------------------------------------------------------------------------------------------------------------


def test_inviting_makes_a_person_and_a_mail(admin: Caller):
    team, calendar = TeamFactory(), CalendarFactory()
    data = {
        "email": "  INES@example.com ",
        "name": "Inès",
        "team": str(team.pk),
        "capabilities": ["visits", "calls"],
        "language": "fr",
        "calendar": str(calendar.pk),
        "weekly_capacity": 0,
    }
    answer = admin.post("users", data)
    assert answer.status_code == 201
    shown = body(answer)
    assert shown["email"] == "ines@example.com"
    assert shown["capabilities"] == ["calls", "visits"]
    assert shown["team"]["id"] == str(team.pk)
    assert shown["calendar"]["name"] == calendar.name
    assert shown["weekly_capacity"] == 0
    assert shown["invited_at"] is not None
    assert [message.to for message in mail.outbox] == [["ines@example.com"]]
    assert admin.get(answer.headers["Location"]).content == answer.content


def test_an_address_is_taken_once(admin: Caller):
    UserFactory(email="ines@example.com")
    document = problem(
        admin.post("users", {"email": "Ines@Example.com", "name": "Inès"}), 409, "conflict", "already_exists"
    )
    assert document["errors"][0]["pointer"] == "/email"
    assert mail.outbox == []


def test_changing_a_person(admin: Caller):
    person, team = UserFactory(), TeamFactory()
    shown = body(
        admin.patch(f"users/{person.pk}", {"team": str(team.pk), "capabilities": ["manages"], "weekly_capacity": None})
    )
    assert shown["team"]["name"] == team.name
    assert shown["capabilities"] == ["manages"]
    assert shown["motion"] is None
    assert body(admin.patch(f"users/{person.pk}", {"team": None}))["team"] is None
    assert Notice.objects.filter(user=person, kind="rights.changed").count() == 1


def test_switching_off_and_on_again(admin: Caller):
    person = UserFactory()
    theirs = Caller(person)
    assert body(admin.post(f"users/{person.pk}/deactivate"))["is_active"] is False
    assert theirs.get("me").status_code == 401
    assert body(admin.post(f"users/{person.pk}/reactivate"))["is_active"] is True
    assert theirs.get("me").status_code == 200


def test_nobody_switches_themselves_or_the_last_administrator_off(admin: Caller):
    problem(admin.post(f"users/{admin.user.pk}/deactivate"), 409, "conflict", "own_account")
    problem(admin.patch(f"users/{admin.user.pk}", {"capabilities": ["calls"]}), 409, "conflict", "last_administrator")


def test_an_invitation_is_sent_again_only_to_who_never_came(admin: Caller):
    made = body(admin.post("users", {"email": "new@example.com", "name": "New"}))
    assert admin.post(f"users/{made['id']}/invite-again").status_code == 200
    assert len(mail.outbox) == 2
    problem(admin.post(f"users/{admin.user.pk}/invite-again"), 409, "conflict", "already_joined")


def test_somebody_away_is_shown_so(admin: Caller):
    person = UserFactory()
    ends = clock.now() + timedelta(days=2)
    AbsenceFactory(user=person, starts_at=clock.now() - timedelta(days=1), ends_at=ends)
    shown = body(admin.get(f"users/{person.pk}"))
    assert shown["away_until"] == ends.isoformat().replace("+00:00", "Z")
    assert body(admin.get("me", fields="name"))["name"]
    assert body(admin.get(f"users/{admin.user.pk}"))["away_until"] is None


# --- teams --------------------------------------------------------------------------------------------------------------------------


def test_a_team_s_life(admin: Caller):
    calendar, boss, other = CalendarFactory(), UserFactory(manager=True), UserFactory(manager=True)
    parent = TeamFactory(name="Asia")
    data = {
        "name": "Jakarta",
        "kind": "inside",
        "calendar": str(calendar.pk),
        "parent": str(parent.pk),
        "managers": [str(boss.pk), str(boss.pk)],
    }
    made = body(admin.post("teams", data))
    assert made["parent"] == {"id": str(parent.pk), "name": "Asia"}
    assert made["managers"] == [{"id": str(boss.pk), "name": boss.name}]
    assert made["people_count"] == 0
    path = f"teams/{made['id']}"
    changed = body(admin.patch(path, {"managers": [str(other.pk)], "kind": "mixed"}))
    assert [one["id"] for one in changed["managers"]] == [str(other.pk)]
    assert body(admin.patch(path, {"parent": None}))["parent"] is None
    UserFactory(team_id=made["id"], team=Team.objects.get(pk=made["id"]))
    assert body(admin.get(path))["people_count"] == 1
    problem(admin.delete(path), 409, "conflict", "team_in_use")
    User.objects.filter(team=made["id"]).update(team=None)
    assert admin.delete(path).status_code == 204
    problem(admin.get(path), 404, "not_found")


def test_a_team_is_not_part_of_itself(admin: Caller):
    above = TeamFactory()
    below = TeamFactory(parent=above)
    for team, parent in ((above, above), (above, below)):
        document = problem(admin.patch(f"teams/{team.pk}", {"parent": str(parent.pk)}), 422, "invalid", "team_circle")
        assert document["errors"][0]["pointer"] == "/parent"


def test_a_manager_that_is_nobody_is_pointed_at(admin: Caller):
    boss = UserFactory()
    managers = [str(boss.pk), "0192f0a0-5c8e-7000-8000-00000000dead"]
    document = problem(
        admin.patch(f"teams/{TeamFactory().pk}", {"managers": managers}), 422, "invalid", "does_not_exist"
    )
    assert [fault["pointer"] for fault in document["errors"]] == ["/managers/1"]


# --- absences -----------------------------------------------------------------------------------------------------------------------


def test_an_absence_of_one_s_own_and_of_one_s_people(world: World):
    manager = Caller(world.people["manager"])
    times = {"starts_at": "2031-01-01T08:00:00+01:00", "ends_at": "2031-01-05T18:00:00+01:00"}
    own = body(manager.post("absences", times))
    assert own["user"] == {"id": str(manager.user.pk), "name": "manager"}
    assert own["kind"] == "leave"
    theirs = body(
        manager.post("absences", times | {"user": str(world.people["mate"].pk), "kind": "sick", "note": "  flu "})
    )
    assert (theirs["user"]["name"], theirs["kind"], theirs["note"]) == ("mate", "sick", "flu")
    assert manager.delete(f"absences/{theirs['id']}").status_code == 204
    assert not Absence.objects.filter(pk=theirs["id"]).exists()
    problem(manager.get(f"absences/{own['id']}"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    ("ends_at", "code"),
    [("2031-01-01T08:00:00Z", None), ("2030-01-01T08:00:00Z", None), ("2034-01-01T08:00:00Z", "absence_too_long")],
)
def test_an_absence_that_cannot_be(ends_at: str, code: str | None):
    caller = Caller(UserFactory())
    problem(caller.post("absences", {"starts_at": "2031-01-01T08:00:00Z", "ends_at": ends_at}), 422, "invalid", code)


# --- calendars ------------------------------------------------------------------------------------------------------------------------


def test_a_calendar_s_life(admin: Caller):
    data = {
        "name": "Jakarta",
        "time_zone": "Asia/Jakarta",
        "country": "ID",
        "hours": {"mon": [["09:00", "12:00"]]},
        "closed_days": ["2030-12-24"],
    }
    made = body(admin.post("calendars", data))
    assert made["hours"]["mon"] == [["09:00", "12:00"]]
    assert made["hours"]["sun"] == []
    assert made["closed_days"] == ["2030-12-24"]
    path = f"calendars/{made['id']}"
    assert body(admin.patch(path, {"hours": {"tue": [["10:00", "24:00"]]}}))["hours"]["mon"] == []
    team = TeamFactory(calendar_id=made["id"], calendar=WorkingCalendar.objects.get(pk=made["id"]))
    problem(admin.delete(path), 409, "conflict", "calendar_in_use")
    team.delete()
    assert admin.delete(path).status_code == 204


@pytest.mark.parametrize(
    "hours",
    [
        [],
        "x",
        None,
        {},
        {"mon": [], "tue": []},
        {"xyz": []},
        {"mon": {}},
        {"mon": [["09:00"]]},
        {"mon": [["9", "10"]]},
        {"mon": [["18:00", "18:00"]]},
        {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]},
        {"mon": [[9, 12]]},
        {"mon": [["00:00", "24:00"]] * 500},
    ],
)
def test_hours_that_cannot_be(admin: Caller, hours: Any):
    data = {"name": "Odd", "time_zone": "Asia/Jakarta", "hours": hours}
    document = problem(admin.post("calendars", data), 422, "invalid")
    assert [fault["pointer"].split("/")[1] for fault in document["errors"]] == ["hours"]


def test_places_and_zones_that_do_not_exist(admin: Caller):
    data = {"name": "Odd", "time_zone": "Asia/Jakarta", "hours": {"mon": [["09:00", "12:00"]]}}
    for name, value in {"time_zone": "Asia/Atlantis", "country": "XX", "region": "ZZ"}.items():
        document = problem(admin.post("calendars", data | {"country": "FR", name: value}), 422, "invalid")
        assert [fault["pointer"] for fault in document["errors"]] == [f"/{name}"]


# --- keys ------------------------------------------------------------------------------------------------------------------------------


def test_a_key_is_shown_once_listed_and_taken_back():
    caller = Caller(UserFactory())
    made = body(
        caller.post("keys", {"name": "Sync", "scopes": ["me:read", "me:read"], "expires_at": "2099-01-01T00:00:00Z"})
    )
    assert made["scopes"] == ["me:read"]
    assert made["owner"]["id"] == str(caller.user.pk)
    new = Caller()
    new.headers["Authorization"] = f"Bearer {made['secret']}"
    assert new.get("me").status_code == 200
    listed = {row["id"]: row for row in caller.walk("keys")}
    assert "secret" not in listed[made["id"]]
    assert "digest" not in listed[made["id"]]
    assert listed[made["id"]]["last_used_at"] is not None
    revoked = body(caller.post(f"keys/{made['id']}/revoke"))
    assert revoked["revoked_at"] is not None
    assert new.get("me").status_code == 401
    again = body(caller.post(f"keys/{made['id']}/revoke"))
    assert again["revoked_at"] == revoked["revoked_at"]
    problem(
        caller.post("keys", {"name": "Old", "scopes": ["me:read"], "expires_at": "2001-01-01T00:00:00Z"}),
        409,
        "conflict",
        "expiry_in_past",
    )
    assert not ApiKey.objects.filter(name="Old").exists()


# --- notices ----------------------------------------------------------------------------------------------------------------------------


def test_notices_read_in_the_reader_s_language_and_are_marked_read():
    caller = Caller(UserFactory())
    Notice.objects.all().delete()
    for number in range(3):
        notices.tell(caller.user, kind="rights.changed", occurrence=str(number), facts={"actor": "<b>Inès</b>"})
    newest = caller.walk("notices")
    assert [row["read_at"] for row in newest] == [None] * 3
    assert newest[0]["created_at"] >= newest[-1]["created_at"]
    assert "<b>Inès</b>" in newest[0]["text"], "facts are data; whoever shows them escapes them"
    first = body(caller.post(f"notices/{newest[0]['id']}/read"))
    assert first["read_at"] is not None
    assert body(caller.post(f"notices/{newest[0]['id']}/read")) == first
    assert caller.post("notices/read-all").status_code == 204
    assert caller.walk("notices", unread="true") == []


# --- journal ------------------------------------------------------------------------------------------------------------------------------


def test_the_journal_newest_first_and_by_event_record_person_request_and_time(admin: Caller):
    team = TeamFactory()
    made = admin.patch(f"teams/{team.pk}", {"name": "Renamed"})
    admin.patch("me", {"name": "Chief"})
    rows = admin.walk("journal")
    assert [row["event"] for row in rows[:2]] == ["user.changed", "team.changed"]
    assert rows[1]["changes"] == {"name": [team.name, "Renamed"]}
    assert rows[1]["actor_id"] == str(admin.user.pk)
    assert rows[1]["actor_label"] == f"key {admin.key.prefix}"
    assert [row["position"] for row in admin.walk("journal", order="position")] == sorted(
        row["position"] for row in rows
    )
    for query, events in (
        ({"event": "team.changed"}, ["team.changed"]),
        ({"object": team.pk}, ["team.changed"]),
        ({"object_type": "accounts.team"}, ["team.changed"]),
        ({"request": made.headers["X-Request-ID"]}, ["team.changed"]),
        ({"actor": admin.user.pk, "object_type": "accounts.user"}, ["user.changed"]),
        ({"since": "2099-01-01T00:00:00Z"}, []),
        ({"until": "2001-01-01T00:00:00Z"}, []),
        ({"event": "team"}, []),
    ):
        assert [row["event"] for row in admin.walk("journal", **query)] == events, query


def test_the_journal_tells_no_secret(admin: Caller):
    made = body(admin.post("keys", {"name": "Sync", "scopes": ["me:read"]}))
    everything = admin.get("journal", limit=200).content.decode()
    assert made["secret"] not in everything
    assert ApiKey.objects.get(pk=made["id"]).digest not in everything
