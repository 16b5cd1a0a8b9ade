"""A form that is open, and the time it takes a person to fill it in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from crm.core import clock
from leads.models import WebForm
from leads.services import web_forms
from tests.factories.leads import WebFormFactory


@pytest.fixture(autouse=True)
def _nothing_counted(request: pytest.FixtureRequest) -> None:
    """The counts lie in the database; a test without one counts nothing."""
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("db")
        cache.clear()


@pytest.fixture
def form(db: Any) -> WebForm:
    made: WebForm = WebFormFactory(
        fields=["first_name", "last_name", "email", "phone", "company_name", "notes"],
        required=["last_name", "email"],
        consent_text="You may write to me.",
        source="Website",
        title="Talk to us",
    )
    return made


@pytest.fixture
def ticket_of(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A ticket as old as it takes to fill in the form."""

    def make(form: WebForm, age: timedelta = timedelta(seconds=20)) -> str:
        now = clock.now()
        with monkeypatch.context() as patch:
            patch.setattr(web_forms.clock, "now", lambda: now - age)
            return web_forms.new_ticket(form)

    return make


@pytest.fixture
def outside() -> Client:
    """Somebody without a session, whose browser is held to every rule."""
    return Client(enforce_csrf_checks=True)
