"""Every page and endpoint names its act; a door without one does not start.

``@page(act="accounts.view_people")`` marks a page view, the class attribute ``act`` (or ``acts`` per method/action) an API
view. Anonymous doors are listed in one file, ``config/doors.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from crm.core import policy

ViewT = TypeVar("ViewT", bound=Callable[..., Any])


def page(act: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """Name the act of a page view and require it. Raises ``policy.NoPolicy`` at import for an unknown act."""
    policy.get_act(act)

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            policy.require(request.user, act)
            return view(request, *args, **kwargs)

        guarded.act = act  # type: ignore[attr-defined]
        return guarded

    return decorate


# --- The list of doors that need no act, filled from above ----------------------------------------------------------------

_anonymous: frozenset[str] = frozenset()
_self_guarded: tuple[str, ...] = ()


def declare(*, anonymous: frozenset[str], self_guarded: tuple[str, ...]) -> None:
    """``config/doors.py`` says which routes need no sign-in, and under which prefixes kept libraries guard themselves."""
    global _anonymous, _self_guarded
    _anonymous, _self_guarded = anonymous, self_guarded


def is_anonymous(route: str) -> bool:
    return route in _anonymous


def is_listed(door: Door) -> bool:
    """Whether a door may do without an act of ours."""
    return is_anonymous(door.route) or door.route.startswith(_self_guarded)


# --- Walking them -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Door:
    """One URL pattern: its route as written, its qualified name, its view."""

    route: str
    name: str
    view: Callable[..., Any]

    @property
    def acts(self) -> frozenset[str]:
        """The acts this door names; empty when it names none."""
        target = getattr(self.view, "cls", getattr(self.view, "view_class", self.view))
        many: Mapping[str, str] = getattr(target, "acts", {})
        one = getattr(target, "act", None) or getattr(self.view, "act", None)
        return frozenset([*many.values(), *([one] if one else [])])


def all_doors() -> Iterator[Door]:
    """Every URL pattern of the project, depth first."""
    yield from _doors(get_resolver().url_patterns, "", "")


def _doors(patterns: list[URLPattern | URLResolver], prefix: str, namespace: str) -> Iterator[Door]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _doors(pattern.url_patterns, route, inner)
        else:
            yield Door(route, namespace + (pattern.name or ""), pattern.callback)
