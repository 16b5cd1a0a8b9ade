"""``docs/who-may-what.md`` is the truth: every cell is compared with the policies."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import Q

from accounts import notices
from accounts.models import Capability, Team, User, WorkingCalendar
from crm.core import journal, policy
from crm.integrations.models import ExportJob, ImportJob
from leads.models import ExternalScore
from tests.factories.accounts import AbsenceFactory, TeamFactory, UserFactory, make_key
from tests.factories.leads import (
    ConsentFactory,
    DealFactory,
    DealLineFactory,
    DealSplitFactory,
    EmailFactory,
    IncomingMailFactory,
    LeadFactory,
    PhoneFactory,
    QuestionnaireAnswersFactory,
    ReferralLinkFactory,
    SavedViewFactory,
    SiteFactory,
    WebFormFactory,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "who-may-what.md"
pytestmark = pytest.mark.django_db


def table(heading: str) -> list[dict[str, str]]:
    """The first table below ``## heading`` (or above all headings): a dictionary per row, by the head's words."""
    text = PAGE.read_text()
    part = text.split(f"\n## {heading}\n", 1)[1].split("\n## ")[0] if heading else text.split("\n## ")[0]
    lines = [line.strip().strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    head, _rule, *rows = [[cell.strip() for cell in line] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


ROLES = {row["role"]: row["capabilities"].split(", ") for row in table("")}
ACTS = {row["act"]: row for row in table("Acts")}
ROWS = {row["row"]: row for row in table("Rows")}
# How a row says whose it is, where it is not by ``user``.
OWNERS = {
    "accounts.ApiKey": "owner",
    "integrations.ExportJob": "owner",
    "integrations.ImportJob": "owner",
    "leads.Deal": "owner",
    "leads.DealLine": "deal__owner",
    "leads.DealSplit": "deal__owner",
    "leads.Lead": "owner",
    "leads.ExternalScore": "lead__owner",
    "leads.QuestionnaireAnswers": "lead__owner",
    "leads.SavedView": "owner",
}


def test_each_role_is_there():
    assert {capability for held in ROLES.values() for capability in held} == {str(value) for value in Capability.values}


def test_no_act_and_no_kind_of_row_is_left_out():
    assert set(ACTS) == {act.name for act in policy.acts()}
    assert set(ROWS) == {model._meta.label for model in policy.models_with_policy()}


@pytest.mark.parametrize("role", ROLES)
def test_acts(role):
    person = User(capabilities=ROLES[role])
    said = {act: row[role] == "yes" for act, row in ACTS.items()}
    assert said == {act.name: policy.may(person, act.name) for act in policy.acts()}
    assert {row[role] for row in ACTS.values()} <= {"yes", "-"}


def test_scopes():
    assert {act: row["scope of a key"] for act, row in ACTS.items()} == {act.name: act.scope for act in policy.acts()}


def test_nobody_may_anything_without_a_session_or_switched_off():
    off = User(capabilities=[str(value) for value in Capability.values], is_active=False)
    for person in (AnonymousUser(), off):
        assert not any(policy.may(person, act.name) for act in policy.acts())
        assert not any(
            model._base_manager.filter(policy.visibility(model, person)).exists()
            for model in policy.models_with_policy()
        )


class Place:
    """An organisation around one reader: team-mates, managers, the teams above, a tree to manage, and strangers."""

    def __init__(self, capabilities: list[str]) -> None:
        manager = UserFactory(manager=True, team=None)
        top = TeamFactory()
        team = TeamFactory(parent=top, managers=[manager])
        self.reader = UserFactory(team=team, capabilities=capabilities)
        led = TeamFactory(managers=[self.reader])
        below = TeamFactory(parent=led)
        mate, sub = UserFactory(team=team), UserFactory(team=below)
        stranger = UserFactory(team=TeamFactory(parent=top))
        self.people = {"own": [self.reader], "team": [mate], "its managers": [manager], "tree": [sub], "": [stranger]}
        self.teams = {"above": [top, team], "tree": [led, below]}
        for users in self.people.values():
            for user in users:
                AbsenceFactory(user=user)
                make_key(user)
                notices.tell(user, kind="rights.changed", occurrence="1", facts={"actor": "x"})
                SavedViewFactory(owner=user)
                ExportJob.objects.create(owner=user, kind="companies")
                ImportJob.objects.create(owner=user, target="companies", name="list.csv", size=1)
        for owner in [user for users in self.people.values() for user in users] + [None]:
            deal = DealFactory(owner=owner)
            DealLineFactory(deal=deal)
            DealSplitFactory(deal=deal)
            lead = LeadFactory(owner=owner)
            QuestionnaireAnswersFactory(lead=lead)
            ExternalScore.objects.create(lead=lead, source="intent", value=1)
        SavedViewFactory(is_shared=True)
        IncomingMailFactory()
        for factory in (SiteFactory, PhoneFactory, EmailFactory, ConsentFactory, ReferralLinkFactory, WebFormFactory):
            factory()
        with transaction.atomic():
            journal.record(actor=None, event="team.changed", instance=top)

    def expected(self, label: str, words: list[str]) -> set[object]:
        model = apps.get_model(label)
        if "all" in words:
            return set(model._base_manager.values_list("pk", flat=True))
        if words == ["none"]:
            return set()
        if model is Team:
            return {team.pk for word in words for team in self.teams[word]}
        users = [user.pk for word in words for user in self.people.get(word, [])]
        if model is User:
            return set(users)
        owner = OWNERS.get(label, "user")
        theirs = Q(**{f"{owner}__in": users})
        if "unowned" in words:
            theirs |= Q(**{owner: None})
        if "shared" in words:
            theirs |= Q(is_shared=True)
        return set(model._base_manager.filter(theirs).values_list("pk", flat=True))


@pytest.mark.parametrize("role", ROLES)
def test_rows(role):
    place = Place(ROLES[role])
    assert WorkingCalendar.objects.exists()
    for label, row in ROWS.items():
        model = apps.get_model(label)
        seen = model._base_manager.filter(policy.visibility(model, place.reader))
        found = set(seen.values_list("pk", flat=True))
        assert found == place.expected(label, row[role].split(", ")), f"{role} and {label}"


def test_a_manager_without_the_capability_manages_nothing():
    place = Place(["calls"])
    assert place.people["tree"][0] not in User.objects.visible_to(place.reader)
