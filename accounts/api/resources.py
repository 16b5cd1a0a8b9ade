"""The resources of this app: each a declaration and the calls of its services."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from rest_framework import status as http
from rest_framework.request import Request
from typing_extensions import override

from accounts import selectors
from accounts.api import filters, serializers
from accounts.models import Absence, Notice, Team, User, WorkingCalendar
from accounts.policies import (
    CHANGE_ME,
    MANAGE_CALENDARS,
    MANAGE_TEAMS,
    MANAGE_USERS,
    VIEW_ABSENCES,
    VIEW_CALENDARS,
    VIEW_KEYS,
    VIEW_ME,
    VIEW_NOTICES,
    VIEW_TEAMS,
    VIEW_USERS,
    WRITE_ABSENCES,
    WRITE_KEYS,
    WRITE_NOTICES,
)
from accounts.services import absences, calendars, keys, notices, people, teams
from crm.core.api.pagination import keyed
from crm.core.api.resources import Changes, Creates, Lists, Removes, Retrieves
from crm.core.api.routers import command


class Me(Retrieves, Changes):
    """Who am I: the person behind this key or session, and what it may do."""

    noun = "your own profile"
    acts = {"retrieve": VIEW_ME, "change": CHANGE_ME}
    reader = serializers.MeRead
    takes = {"change": serializers.OwnProfile}

    @property
    @override
    def row_id(self) -> UUID:
        own: UUID = self.person.pk
        return own

    @override
    def rows(self) -> QuerySet[Any]:
        own: QuerySet[Any] = User.objects.visible_to(self.person)
        return own

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return people.change_profile(actor=self.person, changes=changes, expected_version=expected_version)


class Users(Lists, Retrieves, Creates, Changes):
    """People who sign in. Everybody sees the colleagues they work with; administrators invite, change and switch off."""

    noun = "a user"
    acts = {
        "list": VIEW_USERS,
        "retrieve": VIEW_USERS,
        "create": MANAGE_USERS,
        "change": MANAGE_USERS,
        "deactivate": MANAGE_USERS,
        "reactivate": MANAGE_USERS,
        "invite_again": MANAGE_USERS,
    }
    reader = serializers.UserRead
    takes = {"create": serializers.UserInvite, "change": serializers.UserChange}
    filterset_class = filters.UserFilters
    orders = keyed({"name": "name", "created_at": "created_at", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        return selectors.people(self.person).select_related(None)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return people.invite_user(actor=self.person, user_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return people.change_user(actor=self.person, user_id=row_id, changes=changes, expected_version=expected_version)

    @command()
    def deactivate(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Switch a person off: from their next request on nothing opens any more, by session or by key."""
        row = self.get_row(self.row_id)
        people.deactivate_user(actor=self.person, user_id=row.pk, expected_version=self.expected_version)
        return self.answer_row(row.pk)

    @command()
    def reactivate(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Let a person in again."""
        row = self.get_row(self.row_id)
        people.reactivate_user(actor=self.person, user_id=row.pk, expected_version=self.expected_version)
        return self.answer_row(row.pk)

    @command(path="invite-again")
    def invite_again(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Send the invitation once more to somebody who never signed in."""
        row = self.get_row(self.row_id)
        people.invite_again(actor=self.person, user_id=row.pk, expected_version=self.expected_version)
        return self.answer_row(row.pk)


class Teams(Lists, Retrieves, Creates, Changes, Removes):
    """Teams: a tree of inside, outside and mixed ones, with their managers and working calendars."""

    noun = "a team"
    acts = {
        "list": VIEW_TEAMS,
        "retrieve": VIEW_TEAMS,
        "create": MANAGE_TEAMS,
        "change": MANAGE_TEAMS,
        "remove": MANAGE_TEAMS,
    }
    reader = serializers.TeamRead
    takes = {"create": serializers.TeamCreate, "change": serializers.TeamChange}
    filterset_class = filters.TeamFilters
    orders = keyed({"name": "name", "created_at": "created_at", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        # Shown as references, so only those the caller sees.
        managers = selectors.manager_ids(team=OuterRef("pk"))
        # Counted among the people the caller sees: a number is information too (P27).
        members = User.objects.visible_to(self.person).active().filter(team=OuterRef("pk")).order_by().values("team")
        count = Subquery(members.annotate(number=Count("pk")).values("number"), output_field=IntegerField())
        return Team.objects.visible_to(self.person).annotate(
            manager_ids=ArraySubquery(managers), people_count=Coalesce(count, 0)
        )

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return teams.create_team(actor=self.person, team_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        managers = changes.pop("managers", None)
        return teams.change_team(
            actor=self.person, team_id=row_id, changes=changes, managers=managers, expected_version=expected_version
        )

    @override
    def remove_row(self, row_id: UUID, expected_version: int | None) -> Any:
        return teams.delete_team(actor=self.person, team_id=row_id, expected_version=expected_version)


class Absences(Lists, Creates, Removes):
    """Times away: one's own, and a manager's people's."""

    noun = "an absence"
    acts = {"list": VIEW_ABSENCES, "create": WRITE_ABSENCES, "remove": WRITE_ABSENCES}
    reader = serializers.AbsenceRead
    takes = {"create": serializers.AbsenceCreate}
    filterset_class = filters.AbsenceFilters
    orders = keyed({"starts_at": "starts_at", "ends_at": "ends_at", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        return Absence.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        user = values.pop("user", self.person)
        return absences.add_absence(actor=self.person, user=user, absence_id=values.pop("id", None), **values).pk

    @override
    def remove_row(self, row_id: UUID, expected_version: int | None) -> Any:
        return absences.cancel_absence(actor=self.person, absence_id=row_id, expected_version=expected_version)


class Calendars(Lists, Retrieves, Creates, Changes, Removes):
    """Working calendars: weekly hours with breaks, public holidays, own closed and open days."""

    noun = "a calendar"
    acts = {
        "list": VIEW_CALENDARS,
        "retrieve": VIEW_CALENDARS,
        "create": MANAGE_CALENDARS,
        "change": MANAGE_CALENDARS,
        "remove": MANAGE_CALENDARS,
    }
    reader = serializers.CalendarRead
    takes = {"create": serializers.CalendarCreate, "change": serializers.CalendarChange}
    filterset_class = filters.CalendarFilters
    orders = keyed({"name": "name", "updated_at": "updated_at"})

    @override
    def rows(self) -> QuerySet[Any]:
        return WorkingCalendar.objects.visible_to(self.person)

    @override
    def create_row(self, values: dict[str, Any]) -> UUID:
        return calendars.create_calendar(actor=self.person, calendar_id=values.pop("id", None), **values).pk

    @override
    def change_row(self, row_id: UUID, changes: dict[str, Any], expected_version: int | None) -> Any:
        return calendars.change_calendar(
            actor=self.person, calendar_id=row_id, changes=changes, expected_version=expected_version
        )

    @override
    def remove_row(self, row_id: UUID, expected_version: int | None) -> Any:
        return calendars.delete_calendar(actor=self.person, calendar_id=row_id, expected_version=expected_version)


class Keys(Lists):
    """API keys: one's own; administrators see everybody's. The secret is shown once, when a key is made."""

    noun = "a key"
    acts = {"list": VIEW_KEYS, "create": WRITE_KEYS, "revoke": WRITE_KEYS}
    reader = serializers.KeyRead
    gives = {"create": (http.HTTP_201_CREATED, serializers.NewKeyRead)}
    takes = {"create": serializers.KeyCreate}
    filterset_class = filters.KeyFilters
    orders = keyed({"created_at": "created_at", "updated_at": "updated_at"})
    once_only = frozenset({"secret"})

    @override
    def rows(self) -> QuerySet[Any]:
        return selectors.api_keys(self.person).select_related(None)

    def create(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Make a key. Its `secret` is in this answer and nowhere else."""
        made = keys.create_key(actor=self.person, within=self.credential, **self.values())
        shown = self.get_reader().represent([made.key])[0] | {"secret": made.secret}
        return self.answer(shown, http.HTTP_201_CREATED)

    @command()
    def revoke(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Take a key back, at once and for good."""
        row = self.get_row(self.row_id)
        keys.revoke_key(actor=self.person, key_id=row.pk, expected_version=self.expected_version)
        return self.answer_row(row.pk)


class Notices(Lists):
    """What Tandem told the caller in the app: the bell."""

    noun = "a notice"
    acts = {"list": VIEW_NOTICES, "read": WRITE_NOTICES, "read_all": WRITE_NOTICES}
    reader = serializers.NoticeRead
    gives = {"read_all": (http.HTTP_204_NO_CONTENT, None)}
    filterset_class = filters.NoticeFilters
    orders = keyed({"created_at": "created_at"})
    default_order = "-created_at"

    @override
    def rows(self) -> QuerySet[Any]:
        return Notice.objects.visible_to(self.person)

    @command()
    def read(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Mark one read. Doing it twice changes nothing."""
        notices.mark_read(actor=self.person, notice_id=self.row_id)
        return self.answer_row(self.row_id)

    @command(detail=False, path="read-all")
    def read_all(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Mark all read."""
        notices.mark_all_read(actor=self.person)
        return self.answer(None)
