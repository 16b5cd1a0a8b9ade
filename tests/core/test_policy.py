"""Default deny: an unknown model or act raises, somebody switched off sees nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session

from accounts.models import Team, User
from crm.core import policy
from crm.core.errors import Forbidden, NotFound
from tests.factories.accounts import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_model_without_a_visibility_raises_even_for_an_administrator():
    with pytest.raises(policy.NoPolicy, match="Session"):
        policy.scope(Session.objects.all(), UserFactory(admin=True))


def test_an_act_nobody_defined_raises():
    with pytest.raises(policy.NoPolicy, match="accounts.fly"):
        policy.may(UserFactory(admin=True), "accounts.fly")


def test_strangers_and_people_switched_off_see_nothing():
    assert not Team.objects.visible_to(AnonymousUser()).exists()
    off = UserFactory(admin=True, is_active=False)
    assert not User.objects.visible_to(off).exists()
    assert not policy.may(off, "accounts.view_me")


def test_an_invisible_row_looks_absent():
    stranger, other = UserFactory(), UserFactory()
    with pytest.raises(NotFound):
        policy.get_visible(User.objects.all(), stranger, pk=other.pk)


def test_a_capability_opens_its_acts_and_no_more():
    assert policy.may(UserFactory(admin=True), "accounts.manage_users")
    for trait in ("field", "hybrid", "manager", "finance"):
        with pytest.raises(Forbidden):
            policy.require(UserFactory(**{trait: True}), "accounts.manage_users")


def test_two_visibilities_for_one_model_are_a_mistake():
    with pytest.raises(ValueError, match="one per model"):
        policy.sees(User)(lambda person: policy.EVERYTHING)


class TestWhoSeesWhom:
    """France above Lyon and Lille; a rep in Lyon, one in Lille, a manager of Lyon, one of France."""

    @pytest.fixture(autouse=True)
    def _tree(self, db: None) -> None:
        self.france = TeamFactory(name="France")
        self.lyon = TeamFactory(name="Lyon", parent=self.france)
        self.lille = TeamFactory(name="Lille", parent=self.france)
        self.in_lyon, self.mate = UserFactory(team=self.lyon), UserFactory(team=self.lyon, field=True)
        self.in_lille = UserFactory(team=self.lille)
        self.lyon_manager, self.france_manager = (
            UserFactory(team=None, manager=True),
            UserFactory(team=None, manager=True),
        )
        self.lyon.managers.add(self.lyon_manager)
        self.france.managers.add(self.france_manager)

    def seen(self, person: User) -> set[User]:
        return set(User.objects.visible_to(person))

    def test_a_rep_sees_the_team_and_who_manages_it(self):
        assert self.seen(self.in_lyon) == {self.in_lyon, self.mate, self.lyon_manager}

    def test_a_manager_sees_the_tree_below(self):
        assert self.seen(self.lyon_manager) == {self.lyon_manager, self.in_lyon, self.mate}
        assert self.seen(self.france_manager) == {self.france_manager, self.in_lyon, self.mate, self.in_lille}

    def test_without_the_capability_a_manager_of_old_sees_nobody(self):
        self.france_manager.capabilities = []
        assert self.seen(self.france_manager) == {self.france_manager}

    def test_somebody_without_a_team_does_not_see_all_others_without_one(self):
        loner, other = UserFactory(team=None), UserFactory(team=None)
        assert other not in self.seen(loner)

    def test_approvers_and_administrators_see_everybody(self):
        for trait in ("finance", "admin"):
            assert self.seen(UserFactory(**{trait: True})) == set(User.objects.all())

    def test_teams_follow(self):
        assert set(Team.objects.visible_to(self.in_lyon)) == {self.france, self.lyon}
        assert set(Team.objects.visible_to(self.lyon_manager)) == {self.lyon}
        assert set(Team.objects.visible_to(self.france_manager)) == {self.france, self.lyon, self.lille}

    def test_visibility_is_one_query(self, count_queries):
        with count_queries() as queries:
            list(User.objects.visible_to(self.france_manager))
        assert queries.number == 1
