"""Reads with a shape: what a screen needs, for a person, in a flat number of queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import Absence, ApiKey, Capability, Notice, Team, TeamManager, User, WorkingCalendar
from accounts.policies import managed_teams
from accounts.working_time import build_calendar, calendar_of
from crm.core import clock, text
from crm.core.models import BaseModel, JournalEntry
from crm.core.worktime import WEEKDAYS, Calendar, NeverCloses, NeverOpens, Opening, day_span, load_zone


def people(person: User) -> QuerySet[User]:
    """People ``person`` sees, with ``team``, working calendars and ``away_until`` (null when present)."""
    now = clock.now()
    away = Absence.objects.filter(user=OuterRef("pk")).at(now).order_by("-ends_at").values("ends_at")[:1]
    visible: QuerySet[User] = User.objects.visible_to(person)
    return visible.select_related("team__calendar", "calendar").annotate(away_until=Subquery(away))


def manager_ids(**of_team: Any) -> QuerySet[Any]:
    """Ids of those who manage teams, as a subquery; ``of_team`` is ``team=`` or ``team__in=``."""
    return TeamManager.objects.filter(**of_team).order_by("pk").values("user_id")


def teams(person: User) -> QuerySet[Team]:
    """Teams ``person`` sees, in tree order, with ``parent``, ``calendar``, managers and ``people_count`` loaded."""
    return (
        Team.objects.visible_to(person)
        .select_related("parent", "calendar")
        .prefetch_related("managers")
        .annotate(people_count=Count("members", filter=Q(members__is_active=True), distinct=True))
    )


def absences(person: User, *, ending_after: datetime) -> QuerySet[Absence]:
    """Absences ``person`` sees that are not over, soonest first, with the person loaded."""
    return Absence.objects.visible_to(person).ending_after(ending_after).select_related("user", "user__team")


def api_keys(person: User) -> QuerySet[ApiKey]:
    """Keys ``person`` sees, newest first, with the owner loaded."""
    return ApiKey.objects.visible_to(person).select_related("owner")


def notices(person: User, *, limit: int = 20) -> list[Notice]:
    return list(Notice.objects.visible_to(person)[:limit])


def unread_count(person: User) -> int:
    return Notice.objects.visible_to(person).unread().count()


# --- Working days ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Day:
    """Where a working day stands: open or not, until or from when. ``zone`` is whose wall clock that is."""

    is_open: bool
    changes_at: datetime | None
    zone: str


def day_of(calendar: Calendar, moment: datetime) -> Day:
    """Whether ``calendar`` is open, and when that changes; ``changes_at`` is None for one that never closes or opens."""
    is_open = calendar.is_open(moment)
    try:
        changes_at = calendar.closes_at(moment) if is_open else calendar.next_opening(moment)
    except (NeverOpens, NeverCloses):
        changes_at = None
    return Day(is_open, changes_at, calendar.zone)


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A person's day as their start page shows it. ``openings`` are today's, in order; ``away_until`` null when present.

    ``day`` is None without working hours: no team and no calendar of their own.
    """

    now: datetime
    day: Day | None
    openings: list[Opening]
    away_until: datetime | None


def own_day(person: User, moment: datetime) -> OwnDay:
    """``person``'s day at ``moment``, absences counted."""
    calendar = calendar_of(person)
    away = Absence.objects.filter(user=person).at(moment).order_by("-ends_at").first()
    away_until = away.ends_at if away else None
    if calendar is None:
        return OwnDay(moment, None, [], away_until)
    today = moment.astimezone(load_zone(calendar.zone)).date()
    return OwnDay(
        moment, day_of(calendar, moment), list(calendar.openings(*day_span(today, calendar.zone))), away_until
    )


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person as a list shows them: ``user`` with team loaded, ``day`` (None without working hours), ``away_until``."""

    user: User
    day: Day | None
    away_until: datetime | None

    @property
    def is_here(self) -> bool:
        return self.away_until is None and self.day is not None and self.day.is_open


def colleagues(rows: Iterable[User], moment: datetime) -> list[Colleague]:
    """``rows`` of ``people()`` with where their day stands; no further query, their absences come as ``away_until``."""
    found = []
    for user in rows:
        row = user.calendar or (user.team.calendar if user.team else None)
        day = day_of(build_calendar(row, zone=user.time_zone), moment) if row else None
        found.append(Colleague(user, day, user.away_until))  # type: ignore[attr-defined]
    return found


def mates(person: User) -> QuerySet[User]:
    """The active people of ``person``'s team, ``person`` left out."""
    rows = people(person).filter(is_active=True).exclude(pk=person.pk)
    return rows.filter(team=person.team_id) if person.team_id else rows.none()


def people_led(person: User) -> QuerySet[User]:
    """The active people whose absences ``person`` may enter, apart from their own."""
    rows: QuerySet[User] = User.objects.visible_to(person).filter(is_active=True).exclude(pk=person.pk)
    if person.can(Capability.ADMINISTERS):
        return rows
    return rows.filter(team__in=managed_teams(person).values("pk"))


def found_people(person: User, query: str) -> list[UUID]:
    """The ids of the people ``person`` sees whose name or address has the words of ``query``, by name.

    Folded in Python: colleagues are hundreds, and no database extension is asked for.
    """
    rows = User.objects.visible_to(person).order_by("name", "id").values_list("pk", "name", "email")
    return [pk for pk, name, email in rows if text.has_words(f"{name} {email}", query)]


@dataclass(frozen=True, slots=True)
class Hours:
    """Days of the week with the same hours: ``first`` and ``last`` as ``mon``, ``pairs`` of ``["09:00", "18:00"]``."""

    first: str
    last: str
    pairs: list[list[str]]


def week_of(row: WorkingCalendar) -> list[Hours]:
    """The open days of a calendar's week, neighbours with the same hours together."""
    week: list[Hours] = []
    for day in WEEKDAYS:
        pairs = row.hours.get(day) or []
        if pairs and week and week[-1].pairs == pairs and week[-1].last == _day_before(day):
            week[-1] = Hours(week[-1].first, day, pairs)
        elif pairs:
            week.append(Hours(day, day, pairs))
    return week


def _day_before(day: str) -> str:
    return WEEKDAYS[WEEKDAYS.index(day) - 1]


# --- The tree of teams ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Branch:
    """A team at its place in the tree: ``depth`` below the topmost team that the reader sees."""

    team: Team
    depth: int


def tree(rows: Iterable[Team]) -> list[Branch]:
    """Teams in the order of the tree: each below the one it is part of, by name among its siblings."""
    listed = list(rows)
    names = {team.pk: (team.name.casefold(), str(team.pk)) for team in listed}
    paths = {team.pk: [names[step] for step in team.lineage if step in names] for team in listed}
    return [Branch(team, len(paths[team.pk]) - 1) for team in sorted(listed, key=lambda team: paths[team.pk])]


# --- What others did meanwhile -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """One save of a record: who (a name), when, and ``{field: [before, after]}`` as journalled."""

    who: str
    at: datetime
    changes: dict[str, list[Any]]


def changes_since(record: BaseModel, version: int) -> list[Change]:
    """What was saved on ``record`` after ``version``, newest first. For whoever may edit it, after a ``VersionConflict``."""
    entries = JournalEntry.objects.filter(
        object_type=record._meta.label_lower, object_id=record.pk, object_version__gt=version
    ).order_by("-position")[:10]
    names = dict(User.objects.filter(pk__in={entry.actor_id for entry in entries}).values_list("pk", "name"))
    return [Change(names.get(entry.actor_id, "Tandem"), entry.at, entry.changes) for entry in entries]
