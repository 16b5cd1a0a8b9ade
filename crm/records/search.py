"""What the search on the board finds. Each app registers the kinds of records it knows how to find, in ``ready``.

A kind takes the reader, what was typed and how many to answer; it starts from what the reader sees, and ignores accents
and case.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise

from accounts import selectors
from accounts.models import Team, User
from crm.core import text
from leads.finding.words import is_spaceless

SUGGESTED = 8
LISTED = 50
# Of the suggestions, at least so many for each kind.
SHARE = 2
# Shorter than this, nearly everything is found; a character of a script that needs no blanks says enough alone.
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Hit:
    """One record found: where it opens, its name, a line below it; ``motion`` and ``icon`` as the components take them."""

    url: str
    name: str
    note: str = ""
    motion: str = ""
    icon: str = ""


Find = Callable[[User, str, int], list[Hit]]


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    label: str | Promise
    find: Find


_kinds: dict[str, Kind] = {}


def register(name: str, label: str | Promise, find: Find) -> None:
    """Make a kind of record findable; those registered first stand first."""
    if name in _kinds:
        raise ValueError(f"The search finds {name} already.")
    _kinds[name] = Kind(name, label, find)


def kinds() -> list[Kind]:
    return list(_kinds.values())


def suggest(reader: User, query: str) -> list[Hit]:
    """The first few of every kind, for the list below the field: each kind its share, what one leaves the others take."""
    if too_short(query):
        return []
    found = [kind.find(reader, query, SUGGESTED) for kind in kinds()]
    share = max(SHARE, SUGGESTED // max(1, sum(map(bool, found))))
    firsts = [hit for hits in found for hit in hits[:share]]
    rest = [hit for hits in found for hit in hits[share:]]
    return [*firsts, *rest][:SUGGESTED]


def search(reader: User, query: str) -> list[tuple[Kind, list[Hit]]]:
    """All that fit, by kind; kinds without a hit are left out."""
    if too_short(query):
        return []
    found = [(kind, kind.find(reader, query, LISTED)) for kind in kinds()]
    return [(kind, hits) for kind, hits in found if hits]


def too_short(query: str) -> bool:
    asked = query.strip()
    return len(asked) < SHORTEST and not is_spaceless(asked)


# --- People and teams ---------------------------------------------------------------------------------------------------


def people(reader: User, query: str, limit: int) -> list[Hit]:
    """People the reader sees, by name or address."""
    ids = selectors.found_people(reader, query)[:limit]
    rows = selectors.people(reader).in_bulk(ids)
    return [_person(rows[pk]) for pk in ids]


def _person(user: User) -> Hit:
    note = ", ".join(part for part in (user.team.name if user.team else "", user.email) if part)
    return Hit(reverse("settings:person", args=[user.pk]), user.name, note, user.motion or "", "person")


def teams(reader: User, query: str, limit: int) -> list[Hit]:
    """Teams the reader sees, by name."""
    rows = [team for team in selectors.teams(reader) if text.has_words(team.name, query)]
    return [_team(team) for team in rows[:limit]]


def _team(team: Team) -> Hit:
    motion = {Team.Kind.INSIDE: "inside", Team.Kind.OUTSIDE: "outside"}.get(Team.Kind(team.kind), "hybrid")
    return Hit(
        reverse("settings:team", args=[team.pk]), team.name, team.parent.name if team.parent else "", motion, "people"
    )
