"""The component page, ready to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.factories.accounts import UserFactory

ADDRESS = "/settings/design/"


@pytest.fixture
def person(transactional_db) -> Any:
    return UserFactory(name="Inès Delorme", email="ines.delorme@example.com", hybrid=True)


@pytest.fixture
def design(open_page, person) -> Callable[..., Any]:
    """``design(size=…, theme=…, language=…)``: the component page, its scripts run."""

    def show(*, anonymous: bool = False, language: str = "en", address: str = ADDRESS, **options: Any) -> Any:
        person.language = language
        person.save(update_fields=["language"])
        page = open_page(user=None if anonymous else person, language=language, **options)
        page.goto(address)
        if options.get("scripts", True):
            page.wait_for_selector("html[data-ready]")
        return page

    return show
