"""Fixtures every test may use; a skipped test says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from leads.finding.vocabulary import vocabulary

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """A fresh clone has no compiled catalogues: make them before the workers start, as every other start does."""
    if not hasattr(session.config, "workerinput"):
        from crm.core import catalogues

        catalogues.compile_stale()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real data lies beside the checkout on some machines only."""
    if SHARED_DATA.is_dir():
        return
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(pytest.mark.skip(reason="the real data sets (../shared/data) are not on this machine"))


@pytest.fixture
def shared_data() -> Path:
    return SHARED_DATA


@pytest.fixture(autouse=True)
def _forget_the_last_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """A limit counted, or a language and zone spoken, in one test must not meet another one."""
    yield
    caches["fast"].clear()
    vocabulary.forget()
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture(autouse=True, scope="session")
def _let_tests_empty_the_journal() -> Iterator[None]:
    """Tests with real transactions clean up by TRUNCATE, which the journal refuses to everybody else."""
    from django.db.backends.postgresql.operations import DatabaseOperations

    original = DatabaseOperations.sql_flush

    def flush(self: BaseDatabaseOperations, *args: Any, **kwargs: Any) -> list[str]:
        statements = original(self, *args, **kwargs)
        return ["SET LOCAL tandem.journal_retention = 'on'", *statements] if statements else statements

    DatabaseOperations.sql_flush = flush
    yield
    DatabaseOperations.sql_flush = original


class QueryCount:
    """What ``count_queries`` yields: ``number`` and ``statements``, filled when the block ends."""

    number = -1
    statements: list[str] = []


@pytest.fixture
def count_queries() -> Callable[[], Any]:
    """``with count_queries() as queries: …`` then ``assert queries.number == 3``. Entering is what counts; a bare call does nothing."""

    @contextmanager
    def counting() -> Iterator[QueryCount]:
        outcome = QueryCount()
        with CaptureQueriesContext(connection) as captured:
            yield outcome
        outcome.number = len(captured)
        outcome.statements = [query["sql"] for query in captured.captured_queries]

    return counting
