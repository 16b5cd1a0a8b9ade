"""From rows to clocks: the working calendar of a person, with their absences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext as _

from accounts.models import Absence, User, WorkingCalendar
from crm.core import clock
from crm.core.errors import Invalid
from crm.core.worktime import Absence as Away
from crm.core.worktime import Calendar, Holidays, WeeklyHours

# Absences that ended longer ago than this cannot touch a running clock.
LOOKED_BACK = timedelta(days=62)
# What worktime calls a part, and the column that holds it.
COLUMNS = {"zone": "time_zone", "subdivision": "region", "closed": "closed_days", "open": "open_days"}


def check_calendar(row: WorkingCalendar) -> None:
    """Raise ``Invalid``, naming the field, unless the row makes a calendar that opens at least once a week."""
    try:
        calendar = build_calendar(row)
    except Invalid as error:
        part = (error.field or "hours").partition(".")[0].partition("[")[0]
        raise Invalid(error.detail, field=COLUMNS.get(part, part), code=error.specific_code) from error
    if not any(calendar.hours.days):
        raise Invalid(_("Give the hours of at least one day."), field="hours", code="never_open")


def build_calendar(row: WorkingCalendar, *, zone: str = "", absences: Iterable[Absence] = ()) -> Calendar:
    """The calendar of a row. ``zone`` replaces the row's own: hours are worked on the wall clock where the person is."""
    return Calendar(
        zone=zone or row.time_zone,
        hours=WeeklyHours.parse(row.hours),
        holidays=Holidays(
            country=row.country,
            subdivision=row.region,
            closed_on=frozenset(row.closed_days),
            open_on=tuple((day, None) for day in row.open_days),
        ),
        absences=tuple(Away(absence.starts_at, absence.ends_at) for absence in absences),
    )


def calendar_of(user: User) -> Calendar | None:
    """When ``user`` works, without their absences of the last two months and to come. None: no team and no own hours.

    Loads the calendar and the absences (two queries at most); give a user with ``team__calendar`` and ``calendar``
    selected to save one.
    """
    row = user.calendar or (user.team.calendar if user.team else None)
    if row is None:
        return None
    away = Absence.objects.filter(user=user).ending_after(clock.now() - LOOKED_BACK)
    return build_calendar(row, zone=user.time_zone, absences=away)
