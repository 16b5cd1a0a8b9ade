"""What the lists of this app can be narrowed by. Filters that name a record only know visible ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Exists, QuerySet

from accounts.models import Absence, Capability, Team, User
from crm.core.api.filters import ChoiceFilter, FlagFilter, IdFilter, InstantFilter, RowFilters, TextFilter


class UserFilters(RowFilters):
    """Narrow the list of people."""

    team = IdFilter(method="in_team", label="Members of this team.")
    below = IdFilter(method="in_tree", label="Members of this team and of every team below it.")
    capability = ChoiceFilter(
        field_name="capabilities", choices=Capability.choices, method="who_can", label="Who holds this capability."
    )
    is_active = FlagFilter(label="Whether they may sign in.")
    email = TextFilter(method="by_email", label="The person with this address.")

    def in_team(self, rows: QuerySet[User], name: str, value: UUID) -> QuerySet[User]:
        return rows.filter(_sees_team(self, value), team=value)

    def in_tree(self, rows: QuerySet[User], name: str, value: UUID) -> QuerySet[User]:
        return rows.filter(_sees_team(self, value), team__lineage__contains=[value])

    def who_can(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(capabilities__contains=[value])

    def by_email(self, rows: QuerySet[User], name: str, value: str) -> QuerySet[User]:
        return rows.filter(email=User.normalize_email(value))


class TeamFilters(RowFilters):
    """Narrow the list of teams."""

    kind = ChoiceFilter(choices=Team.Kind.choices, label="Inside, outside or mixed.")
    parent = IdFilter(method="right_below", label="Teams directly below this one.")
    below = IdFilter(method="in_tree", label="This team and every team below it.")

    def right_below(self, rows: QuerySet[Team], name: str, value: UUID) -> QuerySet[Team]:
        return rows.filter(_sees_team(self, value), parent=value)

    def in_tree(self, rows: QuerySet[Team], name: str, value: UUID) -> QuerySet[Team]:
        return rows.filter(_sees_team(self, value), lineage__contains=[value])


def _sees_team(filters: RowFilters, team_id: UUID) -> Exists:
    """Whether the caller sees the team a filter names; else the filter would tell who belongs to it."""
    return Exists(Team.objects.visible_to(filters.request.user).filter(pk=team_id))


class AbsenceFilters(RowFilters):
    """Narrow the list of absences."""

    user = IdFilter(field_name="user_id", label="One person's.")
    kind = ChoiceFilter(choices=Absence.Kind.choices, label="Why they are away.")

    @classmethod
    def get_filters(cls) -> dict[str, Any]:
        # "from" is a word of Python's, so these two cannot be attributes.
        filters: dict[str, Any] = super().get_filters()
        return filters | {
            "from": InstantFilter(field_name="ends_at", lookup_expr="gt", label="Not over at this time."),
            "to": InstantFilter(field_name="starts_at", lookup_expr="lt", label="Begun before this time."),
        }


class CalendarFilters(RowFilters):
    """Narrow the list of calendars."""


class KeyFilters(RowFilters):
    """Narrow the list of keys."""

    owner = IdFilter(field_name="owner_id", label="One person's.")
    revoked = FlagFilter(
        field_name="revoked_at", lookup_expr="isnull", exclude=True, label="Whether it was taken back."
    )


class NoticeFilters(RowFilters):
    """Narrow the list of notices."""

    unread = FlagFilter(field_name="read_at", lookup_expr="isnull", label="Whether it waits to be read.")
    since = InstantFilter(method="told_since", label="Told at or after this time.")

    def told_since(self, rows: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        return rows.filter(created_at__gte=value)
