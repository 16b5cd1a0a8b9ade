"""Reads with a shape: what a screen needs, for a person, in a flat number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from accounts.models import Absence, ApiKey, Notice, Team, User
from crm.core import clock


def people(person: User) -> QuerySet[User]:
    """People ``person`` sees, with ``team`` loaded and ``away_until`` (null when present)."""
    now = clock.now()
    away = Absence.objects.filter(user=OuterRef("pk")).at(now).order_by("-ends_at").values("ends_at")[:1]
    visible: QuerySet[User] = User.objects.visible_to(person)
    return visible.select_related("team", "calendar").annotate(away_until=Subquery(away))


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


@dataclass(frozen=True, slots=True)
class Day:
    """Where a person's working day stands: open or not, until or from when."""

    is_open: bool
    changes_at: datetime | None
