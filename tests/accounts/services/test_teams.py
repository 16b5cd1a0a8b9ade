"""The team tree: paths that are always right, no circles, nobody left hanging."""

from __future__ import annotations

import random

import pytest

from accounts.models import Team, User
from accounts.services import teams
from crm.core import ids
from crm.core.errors import Conflict, Forbidden, Invalid
from crm.core.models import JournalEntry
from tests.factories.accounts import CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(db: None) -> User:
    return UserFactory(admin=True)


def true_path(team: Team) -> list:
    return [*(true_path(team.parent) if team.parent else []), team.pk]


def assert_every_path_is_true() -> None:
    for team in Team.objects.all():
        assert team.lineage == true_path(team), team.name


def test_a_team_is_made_below_another(admin):
    top = teams.create_team(actor=admin, name="France", kind="mixed", calendar=CalendarFactory())
    below = teams.create_team(
        actor=admin, name="Lyon", kind="inside", calendar=top.calendar, parent=top, managers=[admin]
    )
    assert below.lineage == [top.pk, below.pk]
    assert list(below.managers.all()) == [admin]
    assert JournalEntry.objects.filter(event="team.created").count() == 2


def test_a_repeat_with_the_same_id_returns_the_first(admin):
    chosen, calendar = ids.uuid7(), CalendarFactory()
    made = [
        teams.create_team(actor=admin, team_id=chosen, name="Lyon", kind="inside", calendar=calendar) for _ in range(2)
    ]
    assert made[0].pk == made[1].pk == chosen


def test_names_are_unique_whatever_the_case(admin):
    TeamFactory(name="Lyon")
    with pytest.raises(Conflict) as caught:
        teams.create_team(actor=admin, name="LYON", kind="inside", calendar=CalendarFactory())
    assert caught.value.field == "name"


def test_moving_carries_the_branch(admin):
    top, other = TeamFactory(name="A"), TeamFactory(name="B")
    middle = TeamFactory(name="A1", parent=top)
    leaf = TeamFactory(name="A11", parent=middle)
    teams.change_team(actor=admin, team_id=middle.pk, changes={"parent": other})
    leaf.refresh_from_db()
    assert leaf.lineage == [other.pk, middle.pk, leaf.pk]
    assert set(Team.objects.below(other.pk)) == {other, Team.objects.get(pk=middle.pk), leaf}
    teams.change_team(actor=admin, team_id=middle.pk, changes={"parent": None})
    assert_every_path_is_true()


def test_a_team_cannot_come_below_itself(admin):
    top = TeamFactory(name="A")
    leaf = TeamFactory(name="A1", parent=TeamFactory(name="A2", parent=top))
    for target in (top, leaf):
        with pytest.raises((Invalid, Conflict)):
            teams.change_team(actor=admin, team_id=top.pk, changes={"parent": target})
    assert_every_path_is_true()


def test_two_hundred_random_moves_keep_every_path_true(admin):
    chance = random.Random(7)
    made = [TeamFactory(name=f"T{number}") for number in range(9)]
    moved = refused = 0
    for _ in range(200):
        subject, target = chance.choice(made), chance.choice([*made, None])
        target = Team.objects.get(pk=target.pk) if target else None
        try:
            teams.change_team(actor=admin, team_id=subject.pk, changes={"parent": target})
            moved += 1
        except (Invalid, Conflict):
            refused += 1
    assert_every_path_is_true()
    assert moved > 50
    assert refused > 10


def test_managers_are_replaced_as_a_set_and_journalled(admin):
    first, second = UserFactory(manager=True), UserFactory(manager=True)
    team = TeamFactory(managers=[first])
    teams.change_team(actor=admin, team_id=team.pk, changes={}, managers=[second])
    assert list(team.managers.all()) == [second]
    assert JournalEntry.objects.get(event="team.changed").changes == {"managers": [[str(first.pk)], [str(second.pk)]]}


def test_a_team_in_use_is_not_deleted(admin):
    team = TeamFactory()
    UserFactory(team=team)
    with pytest.raises(Conflict):
        teams.delete_team(actor=admin, team_id=team.pk)
    empty = TeamFactory()
    teams.delete_team(actor=admin, team_id=empty.pk)
    assert not Team.objects.filter(pk=empty.pk).exists()
    assert JournalEntry.objects.filter(event="team.deleted", object_id=empty.pk).exists()


def test_only_administrators_touch_the_tree():
    team = TeamFactory()
    with pytest.raises(Forbidden):
        teams.change_team(actor=UserFactory(manager=True), team_id=team.pk, changes={"name": "Mine"})
