"""Who opens the settings pages."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from leads.services.defaults import ensure_defaults
from tests.factories.accounts import UserFactory


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def chief(db: None) -> Client:
    """A manager's browser."""
    return signed_in(UserFactory(manager=True))


@pytest.fixture
def rep(db: None) -> Client:
    return signed_in(UserFactory())


@pytest.fixture
def defaults(db: None) -> None:
    ensure_defaults()
