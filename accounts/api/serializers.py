"""What people, teams, absences, calendars, keys and notices look like over the API; input and output apart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from typing_extensions import override

from accounts import notices
from accounts.api.fields import WeekOfHours
from accounts.models import Absence, ApiKey, Capability, Motion, Notice, Team, User, WorkingCalendar
from accounts.policies import managed_teams
from accounts.services.keys import scopes_of
from crm.core.api.fields import (
    Choice,
    Day,
    Email,
    Instant,
    ListOf,
    Number,
    Reference,
    References,
    Text,
    Visible,
    VisibleList,
    Whole,
)
from crm.core.api.serializers import CreateSerializer, ReadSerializer, WriteSerializer

CAPABILITIES = Capability.choices
STAMPS = ("created_at", "updated_at", "version")
MOST_SKILLS = 50

# --- People --------------------------------------------------------------------------------------------------------------


class MotionField(serializers.ChoiceField):
    """What somebody's capabilities amount to; null for who does not sell."""

    def __init__(self) -> None:
        super().__init__(choices=Motion.choices, allow_null=True, read_only=True)


class UserRead(ReadSerializer):
    """A colleague. Where they live, their own calendar and their load are null for everybody but themselves, who leads
    them, and administrators."""

    PRIVATE: ClassVar = frozenset(
        {"calendar", "home_label", "home_latitude", "home_longitude", "weekly_capacity", "invited_at"}
    )

    motion = MotionField()
    team = Reference(Team, source="team_id")
    calendar = Reference(WorkingCalendar, source="calendar_id")
    home_label = serializers.CharField(read_only=True, allow_null=True)
    away_until = Instant(read_only=True, allow_null=True, help_text="Null when they are not away now.")

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "name",
            "capabilities",
            "motion",
            "team",
            "is_active",
            "away_until",
            "language",
            "time_zone",
            "product_skills",
            "language_skills",
            "calendar",
            "home_label",
            "home_latitude",
            "home_longitude",
            "weekly_capacity",
            "invited_at",
            *STAMPS,
        )

    @override
    def prepare(self, rows: Sequence[models.Model]) -> None:
        super().prepare(rows)
        person: Any = self.person
        self.led = (
            frozenset(managed_teams(person).values_list("pk", flat=True))
            if person.can(Capability.MANAGES)
            else frozenset()
        )

    @override
    def to_representation(self, instance: User) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if not self._is_close(instance):
            shown |= dict.fromkeys(self.PRIVATE & shown.keys())
        return shown

    def _is_close(self, user: User) -> bool:
        person: Any = self.person
        return user.pk == person.pk or person.can(Capability.ADMINISTERS) or user.team_id in self.led


class OwnProfile(WriteSerializer):
    """What people change about themselves."""

    example = {"name": "Inès Moreau", "language": "fr", "time_zone": "Europe/Paris"}

    name = Text(max_length=120, required=False)
    language = Choice(choices=settings.LANGUAGES, required=False)
    time_zone = Text(max_length=64, required=False, help_text="IANA name, such as Asia/Jakarta.")
    product_skills = ListOf(Text(max_length=60), max_length=MOST_SKILLS, required=False)
    language_skills = ListOf(Text(max_length=12), max_length=MOST_SKILLS, required=False)
    home_label = Text(max_length=120, required=False, allow_blank=True)
    home_latitude = Number(
        max_digits=8, decimal_places=5, min_value=Decimal(-90), max_value=Decimal(90), required=False, allow_null=True
    )
    home_longitude = Number(
        max_digits=8, decimal_places=5, min_value=Decimal(-180), max_value=Decimal(180), required=False, allow_null=True
    )


class UserChange(OwnProfile):
    """What administrators change about people."""

    example = {"capabilities": ["calls", "visits"], "weekly_capacity": 40}

    email = Email(required=False)
    team = Visible(Team, required=False, allow_null=True)
    capabilities = ListOf(Choice(choices=CAPABILITIES), max_length=len(CAPABILITIES), required=False)
    calendar = Visible(WorkingCalendar, required=False, allow_null=True, help_text="Null: the team's calendar holds.")
    weekly_capacity = Whole(
        min_value=0, max_value=32_767, required=False, allow_null=True, help_text="New leads a week; null is no limit."
    )


class UserInvite(CreateSerializer, UserChange):
    """A new colleague; they get a mail with a link to choose a password."""

    example = {"email": "ines@example.com", "name": "Inès Moreau", "capabilities": ["calls"], "language": "fr"}

    email = Email()
    name = Text(max_length=120)


# --- Me ------------------------------------------------------------------------------------------------------------------


class CallerKey(ReadSerializer):
    """The key of this request."""

    class Meta:
        model = ApiKey
        fields = ("id", "name", "prefix", "expires_at")


class MeRead(ReadSerializer):
    """Who calls: the person, and what this key or session may do."""

    motion = MotionField()
    team = Reference(Team, source="team_id")
    calendar = Reference(WorkingCalendar, source="calendar_id")
    scopes = serializers.SerializerMethodField(
        help_text="What this caller may use: the person's rights, within the key's scopes."
    )
    key = serializers.SerializerMethodField(help_text="Null for a session.")

    class Meta:
        model = User
        fields = (
            "id",
            "email",
            "name",
            "capabilities",
            "motion",
            "team",
            "scopes",
            "key",
            "language",
            "time_zone",
            "calendar",
            "product_skills",
            "language_skills",
            "home_label",
            "home_latitude",
            "home_longitude",
            "weekly_capacity",
            *STAMPS,
        )

    def get_scopes(self, user: User) -> list[str]:
        key: ApiKey | None = self.context["request"].auth
        return [scope for scope in scopes_of(user) if key is None or scope in key.scopes]

    @extend_schema_field(CallerKey(allow_null=True))
    def get_key(self, user: User) -> dict[str, Any] | None:
        key: ApiKey | None = self.context["request"].auth
        return CallerKey().represent([key])[0] if key else None


# --- Teams -----------------------------------------------------------------------------------------------------------------


class TeamRead(ReadSerializer):
    """People who sell together, and their place in the tree."""

    parent = Reference(Team, source="parent_id")  # type: ignore[assignment]
    calendar = Reference(WorkingCalendar, source="calendar_id")
    managers = References(User, source="manager_ids")
    people_count = serializers.IntegerField(
        read_only=True, help_text="Active people of the team itself whom the caller sees."
    )

    class Meta:
        model = Team
        fields = ("id", "name", "kind", "parent", "calendar", "managers", "people_count", *STAMPS)


class TeamChange(WriteSerializer):
    """A changed team. Moving it carries everything below along; ``managers`` is the whole set."""

    example = {"name": "Jakarta, inside"}

    name = Text(max_length=80, required=False)
    kind = Choice(choices=Team.Kind.choices, required=False)
    parent = Visible(Team, required=False, allow_null=True)  # type: ignore[assignment]
    calendar = Visible(WorkingCalendar, required=False)
    managers = VisibleList(User, max_length=50, required=False)


class TeamCreate(CreateSerializer, TeamChange):
    """A new team."""

    example = {"name": "Jakarta, inside", "kind": "inside", "calendar": "0192f0a0-5c8e-7000-8000-00000000ca1e"}

    name = Text(max_length=80)
    kind = Choice(choices=Team.Kind.choices)
    calendar = Visible(WorkingCalendar)


# --- Absences ----------------------------------------------------------------------------------------------------------------


class AbsenceRead(ReadSerializer):
    """A time away, from an instant to an instant."""

    user = Reference(User, source="user_id")

    class Meta:
        model = Absence
        fields = ("id", "user", "kind", "starts_at", "ends_at", "note", *STAMPS)


class AbsenceCreate(CreateSerializer):
    """A time away; without ``user`` one's own."""

    example = {
        "kind": "leave",
        "starts_at": "2030-07-01T07:00:00+02:00",
        "ends_at": "2030-07-15T18:00:00+02:00",
        "note": "Summer",
    }

    user = Visible(User, required=False)
    kind = Choice(choices=Absence.Kind.choices, required=False)
    starts_at = Instant()
    ends_at = Instant(help_text=f"At most {timedelta(days=732).days} days later.")
    note = Text(max_length=200, required=False, allow_blank=True)


# --- Calendars ---------------------------------------------------------------------------------------------------------------


class CalendarRead(ReadSerializer):
    """When people work."""

    hours = WeekOfHours(read_only=True)

    class Meta:
        model = WorkingCalendar
        fields = ("id", "name", "time_zone", "country", "region", "hours", "closed_days", "open_days", *STAMPS)


class CalendarChange(WriteSerializer):
    """A changed calendar; ``hours`` is the whole week."""

    example = {"closed_days": ["2030-12-24", "2030-12-31"]}

    name = Text(max_length=80, required=False)
    time_zone = Text(max_length=64, required=False, help_text="IANA name, such as Asia/Jakarta.")
    country = Text(
        max_length=2,
        required=False,
        allow_blank=True,
        help_text="ISO 3166-1; its public holidays are closed. Empty: none.",
    )
    region = Text(max_length=10, required=False, allow_blank=True, help_text="Subdivision with holidays of its own.")
    hours = WeekOfHours(required=False)
    closed_days = ListOf(Day(), max_length=400, required=False, help_text="Own closed days.")
    open_days = ListOf(Day(), max_length=400, required=False, help_text="Public holidays that are worked.")


class CalendarCreate(CreateSerializer, CalendarChange):
    """A new calendar."""

    example = {
        "name": "Jakarta office",
        "time_zone": "Asia/Jakarta",
        "country": "ID",
        "hours": {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    }

    name = Text(max_length=80)
    time_zone = Text(max_length=64, help_text="IANA name, such as Asia/Jakarta.")
    hours = WeekOfHours()


# --- Keys ----------------------------------------------------------------------------------------------------------------------


class KeyRead(ReadSerializer):
    """An API key, known by the start of its secret."""

    owner = Reference(User, source="owner_id")

    class Meta:
        model = ApiKey
        fields = ("id", "name", "prefix", "owner", "scopes", "expires_at", "last_used_at", "revoked_at", *STAMPS)


class NewKeyRead(KeyRead):
    """A key just made. ``secret`` is in this answer and nowhere else; a replay of the request says null."""

    secret = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = ApiKey
        fields = (*KeyRead.Meta.fields, "secret")


class KeyCreate(WriteSerializer):
    """A new key of one's own. A key that asks cannot make one that may more or lives longer than itself."""

    example = {"name": "Nightly export", "scopes": ["users:read", "teams:read"]}

    name = Text(max_length=80)
    scopes = ListOf(Text(max_length=60), max_length=200, allow_empty=False, help_text="`me` lists those one may use.")
    expires_at = Instant(required=False, allow_null=True, help_text="Null: never.")


# --- Notices -------------------------------------------------------------------------------------------------------------------


class NoticeRead(ReadSerializer):
    """Something Tandem told the caller, in the language of this request (`Accept-Language`, or the profile's for a session)."""

    text = serializers.SerializerMethodField()

    class Meta:
        model = Notice
        fields = ("id", "kind", "text", "url", "read_at", *STAMPS)

    def get_text(self, notice: Notice) -> str:
        return notices.text_of(notice)
