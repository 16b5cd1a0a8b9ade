"""Loads the demo organisation through the services that everything else uses."""

from __future__ import annotations

import base64
import hashlib
import hmac
import random
import unicodedata
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from accounts.models import Absence, ApiKey, Organisation, Team, User
from accounts.services import absences, calendars, keys, people, teams
from config.demo import bulk, cast, sales
from crm.core import clock, context
from crm.core.errors import Refusal

# Django's own tables that a new demo starts without, besides ours.
EMPTIED_WITH_US = ("sessions.Session", "account.EmailAddress", "mfa.Authenticator", "usersessions.UserSession")


class NotADemo(Refusal):
    """A real organisation lives here; it is never replaced by a made-up one."""

    code = "not_a_demo"
    detail = "This database holds a real organisation. The demo is loaded into an empty one only."


def load(*, size: str, seed: int) -> bool:
    """Make the demo of ``size`` from ``seed``; False when exactly that one is there already.

    Replaces another demo. Raises ``NotADemo`` rather than touch a real organisation. One transaction: a killed load
    leaves what was there before.
    """
    present = Organisation.objects.filter(pk=1).first()
    if present and (present.demo_size, present.demo_seed) == (size, seed):
        return False
    if (present and not present.demo_size) or (present is None and User.objects.exists()):
        raise NotADemo
    with transaction.atomic(), context.acting(through="command seed_demo"):
        if present:
            _empty()
        Organisation.objects.create(name=cast.ORGANISATION, demo_size=size, demo_seed=seed)
        _Loader(size, seed).run()
    return True


def _empty() -> None:
    """Take every row of ours away, the journal's too (its guard lets the retention flag pass)."""
    models = [
        model for name in settings.TANDEM_APPS for model in apps.get_app_config(name.rpartition(".")[2]).get_models()
    ]
    models += [apps.get_model(name) for name in EMPTIED_WITH_US if apps.is_installed(_app_of(name))]
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL tandem.journal_retention = 'on'")
        cursor.execute(f"TRUNCATE {tables} CASCADE")


def _app_of(model_name: str) -> str:
    label = model_name.partition(".")[0]
    return next((config.name for config in apps.get_app_configs() if config.label == label), label)


class _Loader:
    """One load: keeps the dice and what was made by name."""

    def __init__(self, size: str, seed: int) -> None:
        self.size = size
        self.seed = seed
        self.dice = random.Random(seed)  # noqa: S311 (dice, not secrets)
        # One hash for all: hashing is slow on purpose, and the password is public.
        self.password = make_password(cast.PASSWORD)
        self.teams: dict[str, Team] = {}
        self.serial = 0

    def run(self) -> None:
        made = {
            part.name: calendars.create_calendar(
                actor=None, name=part.name, time_zone=part.zone, country=part.country, hours=dict(part.hours)
            )
            for part in cast.CALENDARS
        }
        for part in cast.TEAMS:
            parent = self.teams.get(part.parent)
            self.teams[part.name] = teams.create_team(
                actor=None,
                team_id=self._id(),
                name=part.name,
                kind=part.kind,
                parent=parent,
                calendar=made[part.calendar],
            )
        players = {role.email: self._player(role) for role in cast.CAST}
        colleagues = [self._colleague(name, team) for name, team in self._colleague_names()]
        for role in cast.CAST:
            if role.manages:
                teams.change_team(
                    actor=None, team_id=self.teams[role.manages].pk, changes={}, managers=[players[role.email]]
                )
        self._absences(players, colleagues)
        self._keys(players)
        sales.Selling(self.dice, self._id).run()
        bulk.fill(leads=bulk.LEADS[self.size], seed=self.seed)

    def _player(self, role: cast.Role) -> User:
        label, latitude, longitude = role.home
        return self._person(
            email=role.email,
            name=role.name,
            team=self.teams.get(role.team),
            capabilities=list(role.capabilities),
            language=role.language,
            time_zone=role.zone,
            home_label=label,
            home_latitude=Decimal(latitude),
            home_longitude=Decimal(longitude),
            product_skills=list(role.products),
            language_skills=list(role.languages),
            weekly_capacity=role.weekly_capacity,
        )

    def _colleague_names(self) -> Iterator[tuple[str, str]]:
        yield from cast.COLLEAGUES
        selling = [part for part in cast.TEAMS if part.parent in {"France", "Indonesia"}]
        taken = {name for name, _ in cast.COLLEAGUES}
        while len(taken) < cast.PEOPLE[self.size]:
            part = self.dice.choice(selling)
            first, last = (
                (cast.FRENCH_FIRST, cast.FRENCH_LAST)
                if part.country == "FR"
                else (cast.INDONESIAN_FIRST, cast.INDONESIAN_LAST)
            )
            name = f"{self.dice.choice(first)} {self.dice.choice(last)}"
            if name in taken:
                name = f"{name} {len(taken)}" if len(taken) > 250 else f"{name}-{self.dice.choice(last)}"
            if name not in taken:
                taken.add(name)
                yield name, part.name

    def _colleague(self, name: str, team_name: str) -> User:
        team = self.teams[team_name]
        french = team.calendar.country == "FR"
        motions = {cast.INSIDE: [cast.CALLS], cast.OUTSIDE: [cast.VISITS]}
        return self._person(
            email=f"{_address(name)}@example.com",
            name=name,
            team=team,
            capabilities=motions.get(team.kind, [cast.CALLS, cast.VISITS]),
            language="fr" if french else "id",
            time_zone=team.calendar.time_zone,
            language_skills=["fr"] if french else ["id"],
            weekly_capacity=self.dice.choice([None, 10, 20, 30]),
        )

    def _person(self, **fields: Any) -> User:
        return people.add_user(actor=None, user_id=self._id(), password_hash=self.password, **fields)

    def _absences(self, players: dict[str, User], colleagues: list[User]) -> None:
        """Somebody is away today, somebody soon; days begin and end on the wall clock of the person."""
        plan = [
            (colleagues[0], -1, 4, Absence.Kind.LEAVE),
            (colleagues[5], 0, 1, Absence.Kind.SICK),
            (colleagues[3], 6, 8, Absence.Kind.TRAINING),
            (players["field@example.com"], 20, 27, Absence.Kind.LEAVE),
        ]
        plan += [
            (person, self.dice.randint(-3, 40), 0, Absence.Kind.LEAVE)
            for person in colleagues[len(cast.COLLEAGUES) :: 6]
        ]
        for person, first, last, kind in plan:
            starts, ends = _day(person, first), _day(person, max(last, first) + 1)
            absences.add_absence(
                actor=person, user=person, starts_at=starts, ends_at=ends, kind=kind, absence_id=self._id()
            )

    def _keys(self, players: dict[str, User]) -> None:
        for user in players.values():
            keys.create_key(actor=user, name="Demo", scopes=keys.scopes_of(user), secret=demo_secret(user.email))

    def _id(self) -> UUID:
        """A UUIDv7 that is the same for the same seed."""
        self.serial += 1
        milliseconds = 1_735_689_600_000 + self.serial
        return UUID(
            int=milliseconds << 80 | 7 << 76 | self.dice.getrandbits(12) << 64 | 2 << 62 | self.dice.getrandbits(62)
        )


def demo_secret(email: str) -> str:
    """The API key of a demo person: derived from this installation's secret, so that it can be printed again."""
    mac = hmac.new(settings.SECRET_KEY.encode(), f"demo key {email}".encode(), hashlib.sha256).digest()
    return keys.PREFIX + base64.urlsafe_b64encode(mac).decode().rstrip("=")


def listing() -> list[dict[str, str | None]]:
    """The demo people, as ``manage.py demo_users --json`` prints them; empty without a demo organisation."""
    if not Organisation.objects.exclude(demo_size="").exists():
        return []
    users = {
        user.email: user
        for user in User.objects.filter(email__in=[role.email for role in cast.CAST]).select_related("team")
    }
    usable = set(ApiKey.objects.usable(clock.now()).values_list("digest", flat=True))
    return [
        {
            "email": role.email,
            "password": cast.PASSWORD,
            "key": secret if keys.digest(secret) in usable else None,
            "role": role.role,
            "team": users[role.email].team.name if users[role.email].team else None,
            "territory": None,
        }
        for role in cast.CAST
        if role.email in users and (secret := demo_secret(role.email))
    ]


def _day(person: User, offset: int) -> datetime:
    zone = ZoneInfo(person.time_zone)
    return datetime.combine(clock.now().astimezone(zone).date() + timedelta(days=offset), time(), tzinfo=zone)


def _address(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ".".join("".join(char if char.isalnum() else " " for char in plain).split())
