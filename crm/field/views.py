"""The field day, for a thumb."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts import selectors
from accounts.models import User
from crm.core import clock
from crm.core.doors import page
from crm.field.policies import VIEW_DAY


@page(act=VIEW_DAY)
def day(request: HttpRequest) -> HttpResponse:
    """Where an outside rep's day begins: hours, home base, the team."""
    rep: User = request.user  # type: ignore[assignment]
    now = clock.now()
    facts = {
        "day": selectors.own_day(rep, now),
        "mates": selectors.colleagues(selectors.mates(rep), now),
        "team": rep.team,
    }
    return render(request, "field/day.html", facts)
