"""The managers' home."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import selectors
from accounts.models import User
from crm.core import clock, policy
from crm.core.doors import page
from crm.managers import fix_list
from crm.managers.policies import VIEW_HOME


@page(act=VIEW_HOME)
def home(request: HttpRequest) -> HttpResponse:
    """The teams one answers for: who is here, who is away, what has to be put right."""
    manager: User = request.user  # type: ignore[assignment]
    now = clock.now()
    teams = selectors.tree(selectors.teams(manager))
    people = selectors.colleagues(selectors.people(manager).active(), now)  # type: ignore[attr-defined]
    sellers = [person for person in people if person.user.motion]
    facts = {
        "now": now,
        "teams": [(branch, [person for person in people if person.user.team_id == branch.team.pk]) for branch in teams],
        "people": people,
        "here": sum(person.is_here for person in sellers),
        "sellers": len(sellers),
        "away": sorted((person for person in people if person.away_until), key=lambda person: person.away_until or now),
        "to_fix": fix_list.faults(manager, people, [branch.team for branch in teams]),
        "may_fix": policy.may(manager, "accounts.manage_users"),
    }
    return render(request, "managers/home.html", facts)
