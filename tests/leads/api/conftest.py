"""Callers of the API of this app: a manager of everybody below, a rep, somebody else's rep, finance."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import caches

from accounts.models import User
from leads.models import Pipeline, Reason
from leads.services.defaults import ensure_defaults
from tests.api.callers import Caller
from tests.factories.accounts import TeamFactory, UserFactory


@pytest.fixture
def manager(db: None) -> User:
    return UserFactory(manager=True, team=None)


@pytest.fixture
def rep(manager: User) -> User:
    return UserFactory(team=TeamFactory(managers=[manager]))


@pytest.fixture
def stranger(db: None) -> User:
    return UserFactory()


@pytest.fixture
def boss(manager: User) -> Caller:
    return Caller(manager)


@pytest.fixture
def caller(rep: User) -> Caller:
    return Caller(rep)


@pytest.fixture
def defaults(db: None) -> None:
    ensure_defaults()


@pytest.fixture
def pipeline(defaults: None) -> Pipeline:
    return Pipeline.objects.get(motion="inside")


@pytest.fixture
def reasons(defaults: None) -> dict[str, Reason]:
    """One of each kind."""
    return {kind: Reason.objects.filter(kind=kind).first() for kind in Reason.Kind.values}


@pytest.fixture(autouse=True)
def _nobody_was_counted_before() -> Iterator[None]:
    caches["fast"].clear()
    yield
    caches["fast"].clear()
