"""Who is away in a month, team by team: one strip of days per person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from accounts import selectors
from accounts.models import Absence, Team, User
from accounts.working_time import build_calendar
from crm.core import clock
from crm.core.worktime import day_span

# More people than this are shown one team at a time.
MOST_AT_ONCE = 60
MICROSECOND = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days away: ``start`` (0 is the first of the month) and ``length`` in days; the absence they belong to."""

    start: int
    length: int
    absence: Absence


@dataclass(frozen=True, slots=True)
class Row:
    user: User
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class TeamRows:
    """A team's people; ``rest_days`` (0 is the first) are those on which its calendar is closed."""

    team: Team
    rest_days: list[int]
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Strip:
    """``month`` is its first day; ``today`` its place in the month or None; ``teams`` all that can be chosen."""

    month: dt.date
    days: list[dt.date]
    today: int | None
    shown: list[TeamRows]
    teams: list[Team]
    chosen: Team | None

    @property
    def previous(self) -> str:
        return f"{self.month - dt.timedelta(days=1):%Y-%m}"

    @property
    def following(self) -> str:
        return f"{self.days[-1] + dt.timedelta(days=1):%Y-%m}"


def parse(text: str, today: dt.date) -> dt.date:
    """The first day of a month written ``2026-11``; this month for anything else."""
    try:
        month = dt.date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return month if 2000 <= month.year < 2099 else today.replace(day=1)


def strip_of(reader: User, month: dt.date, team_id: str = "") -> Strip:
    """The month for the people whose absences ``reader`` may enter, and for the reader."""
    people = list(
        (selectors.people_led(reader) | User.objects.visible_to(reader).filter(pk=reader.pk)).select_related(
            "team__calendar"
        )
    )
    teams = sorted({person.team for person in people if person.team}, key=lambda team: team.name.casefold())
    chosen = next((team for team in teams if str(team.pk) == team_id), None)
    if chosen is None and len(people) > MOST_AT_ONCE and teams:
        chosen = teams[0]
    days = days_of(month)
    today = clock.today(reader.time_zone)
    return Strip(
        month=month,
        days=days,
        today=days.index(today) if today in days else None,
        shown=[_team_rows(reader, team, people, days) for team in ([chosen] if chosen else teams)],
        teams=teams,
        chosen=chosen,
    )


def days_of(month: dt.date) -> list[dt.date]:
    after = (month + dt.timedelta(days=31)).replace(day=1)
    return [month + dt.timedelta(days=number) for number in range((after - month).days)]


def _team_rows(reader: User, team: Team, people: Iterable[User], days: list[dt.date]) -> TeamRows:
    members = sorted(
        (person for person in people if person.team_id == team.pk), key=lambda person: person.name.casefold()
    )
    away = _absences(reader, members, days)
    rows = [Row(person, [_span(absence, person, days) for absence in away.get(person.pk, [])]) for person in members]
    return TeamRows(team, _rest_days(team, days), rows)


def _absences(reader: User, members: list[User], days: list[dt.date]) -> dict[object, list[Absence]]:
    # A day more on both sides: each person's month begins on their own wall clock.
    start, _end = day_span(days[0] - dt.timedelta(days=1), "UTC")
    _start, end = day_span(days[-1] + dt.timedelta(days=1), "UTC")
    rows: QuerySet[Absence] = selectors.absences(reader, ending_after=start).filter(user__in=members, starts_at__lt=end)
    found: dict[object, list[Absence]] = {}
    for absence in rows:
        if _touches(absence, days):
            found.setdefault(absence.user_id, []).append(absence)
    return found


def _touches(absence: Absence, days: list[dt.date]) -> bool:
    first, last = local_days(absence)
    return first <= days[-1] and last >= days[0]


def local_days(absence: Absence) -> tuple[dt.date, dt.date]:
    """The first and last day of an absence on its person's own wall clock, both included."""
    zone = ZoneInfo(absence.user.time_zone)
    return absence.starts_at.astimezone(zone).date(), (absence.ends_at - MICROSECOND).astimezone(zone).date()


def _span(absence: Absence, person: User, days: list[dt.date]) -> Span:
    first, last = local_days(absence)
    start = max(0, (first - days[0]).days)
    end = min(len(days) - 1, (last - days[0]).days)
    return Span(start, end - start + 1, absence)


def _rest_days(team: Team, days: list[dt.date]) -> list[int]:
    calendar = build_calendar(team.calendar)
    return [
        number
        for number, day in enumerate(days)
        if next(calendar.openings(*day_span(day, calendar.zone)), None) is None
    ]
