"""Optimistic concurrency by ETag: nobody's edit is silently overwritten (P13), and nothing new is 304."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse

from accounts.models import Absence, Team, User, WorkingCalendar
from accounts.services import people
from tests.api.callers import Caller, body, problem
from tests.api.racing import race
from tests.api.world import World
from tests.factories.accounts import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> Caller:
    return Caller(UserFactory(admin=True))


def tag(answer: HttpResponse) -> str:
    return answer.headers["ETag"]


def test_the_tag_names_the_version_and_changes_with_it(admin: Caller):
    before = admin.get("me")
    changed = admin.patch("me", {"name": "Somebody"}, If_Match=tag(before))
    assert changed.status_code == 200
    assert tag(before).startswith('"1-')
    assert tag(changed).startswith('"2-')
    assert tag(admin.get("me")) == tag(changed)


def test_a_write_based_on_an_old_version_is_refused_with_the_current_one(admin: Caller):
    old = tag(admin.get("me"))
    admin.patch("me", {"name": "First"}, If_Match=old)
    document = problem(admin.patch("me", {"name": "Second"}, If_Match=old), 412, "version_conflict", "version_conflict")
    assert document["current_version"] == 2
    assert User.objects.get(pk=admin.user.pk).name == "First"


@pytest.mark.parametrize("form", ['"{0}"', "{0}", 'W/"{0}"', '"{0}-0123456789abcdef"', "*"])
def test_forms_of_if_match(admin: Caller, form: str):
    assert admin.patch("me", {"name": "Me"}, If_Match=form.format(1)).status_code == 200


@pytest.mark.parametrize(
    "said", ["", "x", '""', '"1", "2"', "-1", "1.5", '"1-x"', "9" * 30, "\u0661".encode().decode("latin-1")]
)
def test_what_is_no_version(admin: Caller, said: str):
    document = problem(admin.patch("me", {"name": "Me"}, If_Match=said), 400, "bad_header")
    assert [fault["header"] for fault in document["errors"]] == ["If-Match"]


def test_every_write_on_a_record_keeps_to_it(world: World):
    """PATCH, DELETE and the verbs alike: a version that is not the stored one changes nothing."""
    admin = Caller(world.people["admin"])
    writes: list[tuple[str, str, Any]] = [
        ("PATCH", "me", {"name": "Me"}),
        ("PATCH", "users/{people.mate}", {"name": "Other"}),
        ("POST", "users/{people.mate}/deactivate", None),
        ("POST", "users/{people.mate}/reactivate", None),
        ("PATCH", "teams/{teams.inside}", {"name": "Other"}),
        ("DELETE", "teams/{teams.empty}", None),
        ("DELETE", "absences/{absences.mate}", None),
        ("PATCH", "calendars/{calendars.spare}", {"name": "Other"}),
        ("DELETE", "calendars/{calendars.spare}", None),
        ("POST", "keys/{keys.mate}/revoke", None),
    ]
    for method, path, data in writes:
        document = problem(admin.send(method, world.path(path), data, If_Match="7"), 412, "version_conflict")
        assert document["current_version"] == 1, path
        assert admin.send(method, world.path(path), data, If_Match="1").status_code < 300, path
        back_to_the_first_version()
    assert not Team.objects.filter(pk=world.teams["empty"].pk).exists()


def back_to_the_first_version() -> None:
    """So that the next operation of the list finds it."""
    for model in (User, Team, WorkingCalendar, Absence):
        model.objects.update(version=1)


def test_without_it_a_race_is_still_noticed(admin: Caller, monkeypatch: pytest.MonkeyPatch):
    """Somebody saves between our read and our write: 409, because no If-Match was sent."""
    original = people.User.save_version

    def late(self: User, **options: Any) -> None:
        User.objects.filter(pk=self.pk).update(version=self.version + 1)
        original(self, **options)

    monkeypatch.setattr(people.User, "save_version", late)
    problem(admin.patch("me", {"name": "Late"}), 409, "version_conflict")


def test_nothing_new_is_304(admin: Caller):
    answer = admin.get("me")
    again = admin.get("me", headers={"If-None-Match": tag(answer)})
    assert again.status_code == 304
    assert again.content == b""
    assert tag(again) == tag(answer)
    assert admin.get("me", headers={"If-None-Match": f'"x", W/{tag(answer)}'}).status_code == 304
    assert admin.get("me", headers={"If-None-Match": "*"}).status_code == 304
    assert admin.get("me", headers={"If-None-Match": '"1"'}).status_code == 200
    assert admin.get("me", headers={"If-None-Match": tag(answer)}, fields="name").status_code == 200, "another answer"


def test_a_neighbour_s_new_name_is_news(admin: Caller):
    """The answer shows the team's name, so the tag changes with it, although the person's version does not."""
    person = UserFactory()
    before = admin.get(f"users/{person.pk}")
    Team.objects.filter(pk=person.team_id).update(name="Renamed")
    after = admin.get(f"users/{person.pk}", headers={"If-None-Match": tag(before)})
    assert after.status_code == 200
    assert body(after)["version"] == body(before)["version"]
    assert admin.patch(f"users/{person.pk}", {"name": "N"}, If_Match=tag(before)).status_code == 200, (
        "not the person's change"
    )


def test_every_record_that_can_be_read_alone_has_a_tag(world: World):
    admin = Caller(world.people["admin"])
    for path in ("me", "users/{people.mate}", "teams/{teams.inside}", "calendars/{calendars.used}"):
        assert admin.get(world.path(path)).headers["ETag"].startswith('"1-')
    assert "ETag" not in admin.get("users").headers


# --- Together --------------------------------------------------------------------------------------------------------------------------

EDITORS, EDITS = 4, 10


def count_up(caller: Caller, path: str, *, careful: bool) -> int:
    """Raise the weekly capacity by one ``EDITS`` times, reading again whenever somebody was faster; how often that was."""
    refused = 0
    for _ in range(EDITS):
        while True:
            read = caller.get(path)
            precondition = {"If_Match": tag(read)} if careful else {}
            answer = caller.patch(path, {"weekly_capacity": body(read)["weekly_capacity"] + 1}, **precondition)
            if answer.status_code == 200:
                break
            assert answer.status_code in {409, 412}, answer.content
            refused += 1
    return refused


@pytest.mark.django_db(transaction=True)
def test_racing_edits_lose_nothing(settings: Any):
    settings.RATE_LIMITS_ON = False
    callers = [Caller(UserFactory(admin=True)) for _ in range(EDITORS)]
    person = UserFactory(weekly_capacity=0)
    refused = race(EDITORS, lambda place: count_up(callers[place], f"users/{person.pk}", careful=True))
    person.refresh_from_db()
    assert person.weekly_capacity == EDITORS * EDITS
    assert person.version == 1 + EDITORS * EDITS
    assert sum(refused), "nobody met anybody: the race proved nothing"


@pytest.mark.django_db(transaction=True)
def test_without_if_match_the_same_race_loses(settings: Any):
    """The control."""
    settings.RATE_LIMITS_ON = False
    callers = [Caller(UserFactory(admin=True)) for _ in range(EDITORS)]
    person = UserFactory(weekly_capacity=0)
    race(EDITORS, lambda place: count_up(callers[place], f"users/{person.pk}", careful=False))
    person.refresh_from_db()
    assert person.weekly_capacity < EDITORS * EDITS


@pytest.mark.django_db(transaction=True)
def test_of_two_who_remove_one_succeeds():
    callers = [Caller(UserFactory(admin=True)) for _ in range(2)]
    team = TeamFactory()
    statuses = race(2, lambda place: callers[place].delete(f"teams/{team.pk}").status_code)
    assert sorted(statuses) == [204, 404]
