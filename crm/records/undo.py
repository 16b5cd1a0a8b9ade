"""Taking back what was just done, for a while: steps that lead back, kept for one person under a word in the address.

A step names a service of this app's pages and what it is to be given; it runs only if the record still has the version
that the act left behind, so nobody's later change is lost.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.cache import caches
from django.urls import reverse

from accounts.models import User
from crm.core.errors import NotFound, Refusal

# The message goes after ten seconds; a slow network gets longer.
KEPT_SECONDS = 300
Run = Callable[..., Any]
_steps: dict[str, Run] = {}


def step(name: str) -> Callable[[Run], Run]:
    """Register a way back: called with ``actor``, the record's ``pk``, its expected ``version`` and what was kept."""

    def register(run: Run) -> Run:
        if name in _steps:
            raise ValueError(f"There is a step {name} already.")
        _steps[name] = run
        return run

    return register


@dataclass(frozen=True, slots=True)
class Step:
    """``facts`` is what ``name`` needs beside the record: plain JSON."""

    name: str
    pk: str
    version: int
    facts: dict[str, Any]


def keep(person: User, steps: list[Step]) -> str:
    """The address that takes the steps back; empty for none."""
    if not steps:
        return ""
    word = secrets.token_urlsafe(12)
    plain = [[step.name, step.pk, step.version, step.facts] for step in reversed(steps)]
    caches["default"].set(_key(person, word), plain, KEPT_SECONDS)
    return reverse("records:undo", args=[word])


def take_back(person: User, word: str) -> tuple[int, list[str]]:
    """Run the steps behind ``word``, once. How many were taken back, and why others were not. Raises ``NotFound``."""
    key = _key(person, word)
    kept = caches["default"].get(key)
    if kept is None or not caches["default"].delete(key):
        raise NotFound
    done, refused = 0, []
    for name, pk, version, facts in kept:
        try:
            _steps[name](actor=person, pk=UUID(pk), version=version, **facts)
            done += 1
        except Refusal as refusal:
            refused.append(str(refusal.detail))
    return done, refused


def _key(person: User, word: str) -> str:
    return f"records:undo:{person.pk}:{word}"
