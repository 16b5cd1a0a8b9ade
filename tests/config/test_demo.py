"""The demo organisation: the same each time, never in place of a real one."""

from __future__ import annotations

import json

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Absence, Capability, Organisation, Team, User
from accounts.services import keys
from config.demo import bulk, cast, load, sales
from crm.core import clock
from crm.core.models import JournalEntry, OutgoingMail
from leads.models import Company, Deal, Lead
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _a_short_history(monkeypatch: pytest.MonkeyPatch):
    """The people are what these tests look at; a year of selling takes ten seconds to tell."""
    monkeypatch.setattr(sales, "ENQUIRIES", 3)


def picture() -> list:
    return list(User.objects.order_by("pk").values_list("pk", "email", "name", "team__name", "capabilities"))


def test_the_small_one_has_the_six_people_with_password_and_key():
    assert load.load(size="small", seed=1)
    listed = load.listing()
    names = ("inside", "field", "hybrid", "manager", "finance", "admin")
    assert [row["email"] for row in listed] == [f"{name}@example.com" for name in names]
    for row in listed:
        user = User.objects.get(email=row["email"])
        assert user.check_password("tandem-demo")
        key = keys.find_key(row["key"])
        assert key is not None
        assert key.owner == user
        assert tuple(key.scopes) == keys.scopes_of(user)
    assert User.objects.get(email="hybrid@example.com").motion == "hybrid"
    manager = User.objects.get(email="manager@example.com")
    assert set(Team.objects.visible_to(manager)) == set(Team.objects.all())
    assert not OutgoingMail.objects.exists(), "nobody is mailed by a demo"


def test_somebody_is_away_today():
    load.load(size="small", seed=1)
    assert Absence.objects.at(clock.now()).exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_seed_makes_the_same_people_and_another_seed_others(monkeypatch):
    monkeypatch.setitem(bulk.LEADS, "medium", 50)
    load.load(size="medium", seed=7)
    first = picture()
    assert not load.load(size="medium", seed=7), "already there"
    load.load(size="medium", seed=8)
    assert picture() != first
    load.load(size="medium", seed=7)
    assert picture() == first
    assert len(first) == cast.PEOPLE["medium"] + len(cast.CAST)


def test_a_real_organisation_is_never_replaced():
    UserFactory()
    with pytest.raises(CommandError, match="real organisation"):
        call_command("seed_demo")
    Organisation.objects.create(name="Real")
    with pytest.raises(load.NotADemo):
        load.load(size="small", seed=1)


def test_the_command_prints_one_json_list(capsys):
    call_command("demo_users", "--json")
    assert json.loads(capsys.readouterr().out) == []
    load.load(size="small", seed=1)
    call_command("demo_users", "--json")
    rows = json.loads(capsys.readouterr().out)
    assert set(rows[0]) == {"email", "password", "key", "role", "team", "territory"}


@pytest.mark.parametrize("seed", ["-1", "99999999999"])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(CommandError, match="seed"):
        call_command("seed_demo", f"--seed={seed}")


def test_every_role_can_be_played():
    load.load(size="small", seed=1)
    held = {
        capability
        for user in User.objects.filter(email__in=[role.email for role in cast.CAST])
        for capability in user.capabilities
    }
    assert held == set(Capability.values)


def test_its_history_is_in_order_and_everybody_has_a_share(monkeypatch):
    monkeypatch.setattr(sales, "ENQUIRIES", 25)
    load.load(size="small", seed=3)
    assert Lead.objects.count() == 25
    assert Deal.objects.exists()
    assert Lead.objects.exclude(owner=None).values("owner__capabilities").distinct().count() > 1
    for lead in Lead.objects.all():
        moments = list(JournalEntry.objects.filter(object_id=lead.pk).order_by("position").values_list("at", flat=True))
        assert moments == sorted(moments)
        assert moments[-1] <= clock.now()
    assert Company.objects.filter(search_words=None).count() == 0
