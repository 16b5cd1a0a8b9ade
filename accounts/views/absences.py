"""Times away: one's own, and a manager's people by team and month."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts import month_strip, selectors
from accounts.forms.absences import AbsenceForm
from accounts.models import Absence, User
from accounts.policies import VIEW_ABSENCES, WRITE_ABSENCES
from accounts.services import absences as services
from accounts.views.answers import back_to, form_status
from crm.core import clock
from crm.core.doors import page


@page(act=VIEW_ABSENCES)
def absences(request: HttpRequest) -> HttpResponse:
    """Own absences and the form for one more; below, for managers, who of their people is away in a month."""
    reader: User = request.user  # type: ignore[assignment]
    form = AbsenceForm(people=_people(reader), initial=_first_guess(reader))
    return _page(request, reader, form)


@page(act=WRITE_ABSENCES)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    actor: User = request.user  # type: ignore[assignment]
    form = AbsenceForm(request.POST, people=_people(actor))
    made = form.carry_out(lambda: services.add_absence(actor=actor, **form.values())) if form.is_valid() else None
    if made is None:
        return _page(request, actor, form)
    undo = reverse("settings:cancel_absence", args=[made.pk])
    text = _("Absence of %(name)s entered.") % {"name": made.user.name}
    return back_to(request, "settings:absences", text, undo=undo)


@page(act=WRITE_ABSENCES)
@require_POST
def cancel(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    services.cancel_absence(actor=request.user, absence_id=absence_id)  # type: ignore[arg-type]
    undo = reverse("settings:restore_absence", args=[absence_id])
    return back_to(request, "settings:absences", _("Absence taken back."), undo=undo)


@page(act=WRITE_ABSENCES)
@require_POST
def restore(request: HttpRequest, absence_id: UUID) -> HttpResponse:
    services.restore_absence(actor=request.user, absence_id=absence_id)  # type: ignore[arg-type]
    return back_to(request, "settings:absences", _("The absence stands again."))


def _page(request: HttpRequest, reader: User, form: AbsenceForm) -> HttpResponse:
    own, others = _split(reader, selectors.absences(reader, ending_after=clock.now()))
    month = month_strip.parse(request.GET.get("month", ""), clock.today(reader.time_zone))
    facts = {
        "form": form,
        "own": own,
        "others": others,
        "form_is_open": form.is_bound,
        "strip": month_strip.strip_of(reader, month, request.GET.get("team", ""))
        if selectors.people_led(reader).exists()
        else None,
    }
    return render(request, "accounts/absences.html", facts, status=form_status(form))


def _split(reader: User, rows: QuerySet[Absence]) -> tuple[list[Absence], list[Absence]]:
    listed = list(rows)
    own = [row for row in listed if row.user_id == reader.pk]
    return own, [row for row in listed if row.user_id != reader.pk]


def _people(reader: User) -> QuerySet[User]:
    """For whom the reader may enter an absence: themselves first of all."""
    rows: QuerySet[User] = selectors.people_led(reader) | User.objects.visible_to(reader).filter(pk=reader.pk)
    return rows


def _first_guess(reader: User) -> dict[str, Any]:
    today = clock.today(reader.time_zone)
    tomorrow = today + dt.timedelta(days=1)
    return {"user": reader.pk, "first_day": tomorrow, "last_day": tomorrow}
