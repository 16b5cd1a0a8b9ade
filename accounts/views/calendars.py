"""Working calendars."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts import selectors
from accounts.forms.calendars import CalendarForm
from accounts.models import User, WorkingCalendar
from accounts.policies import MANAGE_CALENDARS, VIEW_CALENDARS
from accounts.selectors import Day
from accounts.services import calendars as services
from accounts.views.answers import back_to, form_status
from accounts.working_time import build_calendar
from crm.core import clock, formats, policy
from crm.core.doors import page
from crm.core.errors import Refusal
from crm.core.worktime import public_holidays

HOLIDAYS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day that differs: ``name`` is empty for an own closed day; ``is_worked`` when it is open all the same."""

    day: dt.date
    name: str
    is_worked: bool


@page(act=VIEW_CALENDARS)
def calendars(request: HttpRequest) -> HttpResponse:
    reader: User = request.user  # type: ignore[assignment]
    rows = WorkingCalendar.objects.visible_to(reader).annotate(teams_count=Count("teams"))
    now = clock.now()
    facts = {
        "rows": [(row, selectors.day_of(build_calendar(row), now), selectors.week_of(row)) for row in rows],
        "may_manage": policy.may(reader, MANAGE_CALENDARS),
    }
    return render(request, "accounts/calendars.html", facts)


@page(act=VIEW_CALENDARS)
def calendar(request: HttpRequest, calendar_id: UUID) -> HttpResponse:
    """One calendar, what it says now and which holidays come; for an administrator the form to change it."""
    reader: User = request.user  # type: ignore[assignment]
    row: WorkingCalendar = policy.get_visible(WorkingCalendar.objects.all(), reader, pk=calendar_id)
    form = None
    if policy.may(reader, MANAGE_CALENDARS) or request.method == "POST":
        policy.require(reader, MANAGE_CALENDARS)
        form = CalendarForm(request.POST or None, record=row)
        if request.method == "POST" and form.is_valid() and _change(reader, row, form):
            return back_to(request, "settings:calendars", _("%(name)s saved.") % {"name": form.cleaned_data["name"]})
    facts = {"form": form, "calendar": row, "week": selectors.week_of(row), **looks_like(row)}
    return render(request, "accounts/calendar.html", facts, status=form_status(form) if form else 200)


@page(act=MANAGE_CALENDARS)
def new(request: HttpRequest) -> HttpResponse:
    actor: User = request.user  # type: ignore[assignment]
    form = CalendarForm(request.POST or None, initial={"time_zone": actor.time_zone})
    if request.method == "POST" and form.is_valid():
        made = form.carry_out(lambda: services.create_calendar(actor=actor, **form.values()))
        if made:
            return back_to(request, "settings:calendars", _("%(name)s made.") % {"name": made.name})
    return render(request, "accounts/calendar.html", {"form": form}, status=form_status(form))


@page(act=MANAGE_CALENDARS)
@require_POST
def delete(request: HttpRequest, calendar_id: UUID) -> HttpResponse:
    services.delete_calendar(actor=request.user, calendar_id=calendar_id)  # type: ignore[arg-type]
    return back_to(request, "settings:calendars", _("Calendar deleted."))


@page(act=MANAGE_CALENDARS)
@require_GET
def preview(request: HttpRequest) -> HttpResponse:
    """What the calendar being edited would say now: asked for by htmx while somebody types."""
    form = CalendarForm(request.GET)
    facts = {"form": form, "swaps_region": True}
    facts |= looks_like(form.unsaved()) if form.is_valid() else {"day": None, "holidays": []}
    return render(request, "accounts/parts/calendar_preview.html", facts)


def looks_like(row: WorkingCalendar) -> dict[str, Day | list[Holiday] | None]:
    """``day`` (open or not, until when) and the next ``holidays`` of a calendar, stored or not."""
    try:
        day = selectors.day_of(build_calendar(row), clock.now())
    except Refusal:
        return {"day": None, "holidays": []}
    return {"day": day, "holidays": next_holidays(row, clock.today(row.time_zone))}


def next_holidays(row: WorkingCalendar, today: dt.date) -> list[Holiday]:
    """The days of the coming year on which the calendar differs from its week, soonest first."""
    names: dict[dt.date, str] = {}
    for year in (today.year, today.year + 1) if row.country else ():
        names |= public_holidays(row.country, row.region, year, language=formats.locale().language)
    worked = set(row.open_days)
    days = sorted({day for day in (*names, *row.closed_days) if today <= day < today + dt.timedelta(days=366)})
    return [Holiday(day, names.get(day, ""), day in worked) for day in days[:HOLIDAYS_SHOWN]]


def _change(actor: User, row: WorkingCalendar, form: CalendarForm) -> WorkingCalendar | None:
    write = services.change_calendar
    return form.carry_out(
        lambda: write(actor=actor, calendar_id=row.pk, changes=form.values(), expected_version=form.expected_version)
    )
