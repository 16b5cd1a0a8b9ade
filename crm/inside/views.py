"""The inside desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import selectors
from accounts.models import User
from crm.core import clock
from crm.core.doors import page
from crm.inside.policies import VIEW_DESK
from leads.selectors import own_waiting_leads

SHOWN = 12


@page(act=VIEW_DESK)
def desk(request: HttpRequest) -> HttpResponse:
    """Where an inside rep's day begins: the hour, the working day, who waits for them, the team."""
    rep: User = request.user  # type: ignore[assignment]
    now = clock.now()
    mates = selectors.colleagues(selectors.mates(rep), now)
    facts = {
        "day": selectors.own_day(rep, now),
        "mates": mates,
        "here": sum(mate.is_here for mate in mates),
        "team": rep.team,
        "waiting": own_waiting_leads(rep, limit=SHOWN),
    }
    return render(request, "inside/desk.html", facts)
