"""A vocabulary per test: what one test wrote was rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leads.finding.vocabulary import vocabulary


@pytest.fixture(autouse=True)
def _fresh_vocabulary() -> Iterator[None]:
    vocabulary.forget()
    yield
    vocabulary.forget()
