"""What keeps people and teams from working as they should: a named reason and the page that mends it.

Nothing is skipped silently (law 7): who cannot be given leads, or whose clocks cannot run, stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.policies import MANAGE_TEAMS, MANAGE_USERS
from accounts.selectors import Colleague
from crm.core import policy


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to put right. ``code`` is stable; ``url`` is where, empty when that is not the reader's to do."""

    code: str
    subject: str
    reason: str
    url: str
    motion: str = ""


def faults(reader: User, people: Iterable[Colleague], teams: Iterable[Team]) -> list[Fault]:
    """The faults of ``people`` and ``teams``, each with the address that mends it if ``reader`` may."""
    found = [fault for person in people for fault in _of_person(person)]
    found += _of_teams(list(teams))
    if policy.may(reader, MANAGE_USERS) and policy.may(reader, MANAGE_TEAMS):
        return found
    return [replace(fault, url="") for fault in found]


def _of_person(person: Colleague) -> Iterator[Fault]:
    user = person.user
    address = reverse("settings:person", args=[user.pk])
    motion = user.motion or ""
    if user.motion and user.team is None:
        yield Fault("no_team", user.name, _("In no team, so no pool or territory reaches them."), address, motion)
    if user.motion and person.day is None:
        yield Fault("no_hours", user.name, _("No working hours, so their clocks cannot run."), address, motion)
    if user.motion and user.weekly_capacity == 0:
        yield Fault("no_capacity", user.name, _("Capacity 0: they are given no new leads."), address, motion)
    if not user.capabilities:
        yield Fault("no_capability", user.name, _("May do nothing yet: give them what they do."), address, motion)


def _of_teams(teams: list[Team]) -> list[Fault]:
    """Teams that nobody manages, neither themselves nor any above them."""
    managed = {team.pk for team in teams if team.managers.all()}
    return [
        Fault(
            "no_manager",
            team.name,
            _("Nobody manages this team, so nobody is told what runs late."),
            reverse("settings:team", args=[team.pk]),
        )
        for team in teams
        if managed.isdisjoint(team.lineage)
    ]
