"""Who may see and do what: one policy per model, one rule per act, everything else denied.

Visibility is set-based (own, team, territory, everything), so it is SQL: a policy answers with a ``Q``. The same answer
serves lists, details, search, export, counts, webhooks and files. ``docs/who-may-what.md`` is the table that these implement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from crm.core.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

QuerySetT = TypeVar("QuerySetT", bound="QuerySet[Any]")

EVERYTHING = Q()
NOTHING = Q(pk__in=[])


class Person(Protocol):
    """What a policy needs to know of somebody who signs in (``accounts.User`` is one)."""

    id: UUID
    capabilities: list[str]

    @property
    def is_active(self) -> bool: ...

    @property
    def is_authenticated(self) -> bool: ...

    def can(self, capability: str) -> bool: ...


class NoPolicy(LookupError):
    """A model or an act that nobody wrote a rule for. Never answered with "allowed"."""


# --- Rows ------------------------------------------------------------------------------------------------------------

Visibility = Callable[[Any], Q]
_visibilities: dict[type[Model], Visibility] = {}


def sees(model: type[Model]) -> Callable[[Visibility], Visibility]:
    """Register the function that says, as a ``Q``, which rows of ``model`` a person sees."""

    def register(rule: Visibility) -> Visibility:
        if model in _visibilities:
            raise ValueError(f"{model.__name__} has a visibility already: one per model.")
        _visibilities[model] = rule
        return rule

    return register


def visibility(model: type[Model], person: Person | AnonymousUser) -> Q:
    """The rows of ``model`` that ``person`` sees; nobody signed in, or switched off, sees none."""
    rule = _visibilities.get(model)
    if rule is None:
        raise NoPolicy(f"{model._meta.label} has no visibility. Write one in its app's policies.py.")
    if not (person.is_authenticated and person.is_active):
        return NOTHING
    return rule(person)


def scope(queryset: QuerySetT, person: Person | AnonymousUser) -> QuerySetT:
    return queryset.filter(visibility(queryset.model, person))


def get_visible(queryset: QuerySet[Any], person: Person, **lookup: Any) -> Any:
    """One row by ``lookup``, or ``errors.NotFound``: out of scope looks exactly like absent."""
    row = scope(queryset, person).filter(**lookup).first()
    if row is None:
        raise NotFound
    return row


def models_with_policy() -> frozenset[type[Model]]:
    return frozenset(_visibilities)


# --- Acts ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Act:
    """Something a person does at a door. ``capabilities``: holding any one is enough; empty means everybody signed in."""

    name: str
    capabilities: frozenset[str]
    scope: str


_acts: dict[str, Act] = {}


def define_act(name: str, *, capabilities: Iterable[str] = (), scope: str | None = None) -> str:
    """Define the act ``<app>.<verb>_<noun>``; returns the name so that it can be kept as a constant.

    ``scope`` is what an API key needs to perform it: by default ``<noun>:read`` for ``view_…`` acts and ``<noun>:write``
    for all others.
    """
    if name in _acts:
        raise ValueError(f"The act {name} is defined twice.")
    _acts[name] = Act(name, frozenset(capabilities), scope or _default_scope(name))
    return name


def get_act(name: str) -> Act:
    try:
        return _acts[name]
    except KeyError:
        raise NoPolicy(f"Nobody defined the act {name!r}. Define it in its app's policies.py.") from None


def may(person: Person | AnonymousUser, act: str) -> bool:
    """Whether ``person`` may perform ``act`` at all; which rows it reaches is the visibility's answer."""
    rule = get_act(act)
    if not (person.is_authenticated and person.is_active):
        return False
    return not rule.capabilities or any(person.can(capability) for capability in rule.capabilities)


def require(person: Person | AnonymousUser, act: str) -> None:
    """Raise ``errors.Forbidden`` unless ``person`` may perform ``act``. Services call it first."""
    if not may(person, act):
        raise Forbidden


def acts() -> tuple[Act, ...]:
    return tuple(sorted(_acts.values(), key=lambda act: act.name))


def scopes() -> tuple[str, ...]:
    """Every scope that some act asks for, in alphabetical order."""
    return tuple(sorted({act.scope for act in _acts.values()}))


def _default_scope(name: str) -> str:
    verb, _, noun = name.partition(".")[2].partition("_")
    return f"{noun}:{'read' if verb == 'view' else 'write'}"
