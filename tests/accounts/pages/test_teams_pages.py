"""The tree of teams."""

from __future__ import annotations

import pytest

from accounts.models import Team
from tests.factories.accounts import CalendarFactory, TeamFactory, UserFactory

pytestmark = pytest.mark.django_db
LIST = "/settings/teams/"


@pytest.fixture
def admin_client(visit):
    return visit(UserFactory(admin=True))


def typed(client, path: str, **changes: object) -> dict[str, object]:
    form = client.get(path).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (shown | changes).items() if value is not None}


def test_the_tree_stands_in_its_own_order(admin_client):
    top = TeamFactory(name="Selaras")
    france = TeamFactory(name="France", parent=top)
    TeamFactory(name="Inside Lyon", parent=france)
    TeamFactory(name="Field Lyon", parent=france)
    TeamFactory(name="Brazil", parent=top)
    TeamFactory(name="Another")
    branches = admin_client.get(LIST).context["branches"]
    shown = [("  " * branch.depth) + branch.team.name for branch in branches]
    assert shown == ["Another", "Selaras", "  Brazil", "  France", "    Field Lyon", "    Inside Lyon"]


def test_making_one_with_its_managers(admin_client):
    manager, calendar, top = UserFactory(manager=True), CalendarFactory(), TeamFactory()
    data = {
        "name": "Field Lyon",
        "kind": "outside",
        "parent": top.pk,
        "calendar": calendar.pk,
        "managers": [manager.pk],
    }
    assert admin_client.post(f"{LIST}new", data).headers["Location"] == LIST
    team = Team.objects.get(name="Field Lyon")
    assert (team.kind, team.parent, team.calendar) == ("outside", top, calendar)
    assert list(team.managers.all()) == [manager]
    assert team.lineage == [top.pk, team.pk]


def test_a_refused_one_keeps_what_was_typed(admin_client):
    TeamFactory(name="Lyon")
    answer = admin_client.post(f"{LIST}new", {"name": "lyon", "kind": "inside", "calendar": CalendarFactory().pk})
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"] == ["There is a team of this name already."]
    assert answer.context["form"]["name"].value() == "lyon"


def test_moving_it_takes_those_below_along_and_never_into_itself(admin_client):
    top, other = TeamFactory(name="Top"), TeamFactory(name="Other")
    middle = TeamFactory(name="Middle", parent=top)
    leaf = TeamFactory(name="Leaf", parent=middle)
    path = f"{LIST}{middle.pk}/"
    choices = dict(admin_client.get(path).context["form"].fields["parent"].choices)
    assert str(middle.pk) not in map(str, choices)
    assert str(leaf.pk) not in map(str, choices)
    admin_client.post(path, typed(admin_client, path, parent=other.pk))
    leaf.refresh_from_db()
    assert leaf.lineage == [other.pk, middle.pk, leaf.pk]
    assert admin_client.post(path, typed(admin_client, path, parent=leaf.pk)).status_code == 422


def test_the_managers_are_the_whole_set(admin_client):
    old, new = UserFactory(manager=True), UserFactory(manager=True)
    team = TeamFactory(managers=[old])
    path = f"{LIST}{team.pk}/"
    admin_client.post(path, typed(admin_client, path, managers=[new.pk]))
    assert list(team.managers.all()) == [new]
    data = typed(admin_client, path)
    data.pop("managers")
    admin_client.post(path, data)
    assert not team.managers.exists()


def test_one_whose_right_to_manage_was_taken_stays_to_be_unticked(admin_client):
    former = UserFactory(capabilities=["calls"])
    team = TeamFactory(managers=[former])
    offered = admin_client.get(f"{LIST}{team.pk}/").context["form"].fields["managers"].queryset
    assert former in offered
    assert UserFactory(capabilities=["calls"]) not in offered


def test_only_an_empty_one_can_be_deleted(admin_client, words):
    team = TeamFactory()
    member = UserFactory(team=team)
    refused = admin_client.post(f"{LIST}{team.pk}/delete")
    assert refused.status_code == 409
    assert "Move them first." in words(refused)
    member.team = None
    member.save()
    assert admin_client.post(f"{LIST}{team.pk}/delete").headers["Location"] == LIST
    assert not Team.objects.filter(pk=team.pk).exists()


def test_the_second_of_two_who_edit_it_sees_the_first(admin_client, visit, words):
    team = TeamFactory(name="Lyon")
    manager = UserFactory(manager=True, name="Hélène Marchand")
    path = f"{LIST}{team.pk}/"
    late = typed(admin_client, path, name="Lyon 2")
    other = visit(UserFactory(admin=True, name="Claire"))
    other.post(path, typed(other, path, name="Lyon 1", managers=[manager.pk]))
    answer = admin_client.post(path, late)
    assert "Name: Lyon → Lyon 1" in words(answer)
    assert "Managers: nothing → Hélène Marchand" in words(answer)
    assert answer.context["form"]["name"].value() == "Lyon 2"


def test_whoever_sees_no_team_is_told_what_to_do(visit, words):
    assert "An administrator can put you into one." in words(visit(UserFactory(team=None)).get(LIST))
