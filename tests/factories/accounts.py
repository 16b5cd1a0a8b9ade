"""People and teams for tests: valid by default, sequences instead of chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import factory

from accounts.models import Absence, ApiKey, Capability, Team, TeamManager, User, WorkingCalendar
from accounts.services import keys
from crm.core import ids, policy

PASSWORD = "correct horse battery"
OFFICE_HOURS = {day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


class CalendarFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = WorkingCalendar

    name = factory.Sequence(lambda n: f"Office hours {n}")
    time_zone = "Europe/Paris"
    country = "FR"
    hours = factory.LazyFunction(lambda: dict(OFFICE_HOURS))


class TeamFactory(factory.django.DjangoModelFactory):
    """``managers=[user, …]`` sets the managers; ``parent=team`` puts it below."""

    class Meta:
        model = Team
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Team {n}")
    kind = Team.Kind.INSIDE
    parent = None
    calendar = factory.SubFactory(CalendarFactory)
    lineage = factory.LazyAttribute(lambda team: [*(team.parent.lineage if team.parent else []), team.id])

    id = factory.LazyFunction(ids.uuid7)

    @factory.post_generation
    def managers(self: Any, create: bool, users: list[User] | None, **kwargs: Any) -> None:
        TeamManager.objects.bulk_create([TeamManager(team=self, user=user) for user in users or []])


class UserFactory(factory.django.DjangoModelFactory):
    """An inside rep of a team of their own, unless told otherwise. The password is ``PASSWORD``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.com")
    name = factory.Sequence(lambda n: f"Person {n}")
    team = factory.SubFactory(TeamFactory)
    capabilities = factory.LazyFunction(lambda: [Capability.CALLS.value])
    password = factory.django.Password(PASSWORD)

    class Params:
        field = factory.Trait(capabilities=[Capability.VISITS.value])
        hybrid = factory.Trait(capabilities=[Capability.CALLS.value, Capability.VISITS.value])
        manager = factory.Trait(capabilities=[Capability.MANAGES.value])
        finance = factory.Trait(capabilities=[Capability.APPROVES.value], team=None)
        admin = factory.Trait(capabilities=[Capability.ADMINISTERS.value], team=None)


class AbsenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Absence

    user = factory.SubFactory(UserFactory)
    starts_at = datetime(2030, 1, 7, 8, tzinfo=UTC)
    ends_at = factory.LazyAttribute(lambda absence: absence.starts_at + timedelta(days=5))


def make_key(owner: User, *scopes: str) -> tuple[ApiKey, str]:
    """A key of ``owner`` and its secret; every scope of their rights unless some are named."""
    made = keys.create_key(actor=owner, name="Test key", scopes=scopes or keys.scopes_of(owner))
    assert set(made.key.scopes) <= set(policy.scopes())
    return made.key, made.secret
