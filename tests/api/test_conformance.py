"""schemathesis over the whole document, in process: what is answered is what is described, whoever asks whatever (P14)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import positive_data_acceptance
from schemathesis.config import SchemathesisConfig

from crm.core.api.docs import document
from tests.api.callers import Caller
from tests.api.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# The document cannot say that a name is taken, a record gone or a calendar impossible: those are 409, 404 and 422.
NOT_SAID = [positive_data_acceptance]
ROLES = ("admin", "inside")


def described(config: dict[str, Any]) -> Any:
    schema = schemathesis.openapi.from_dict(
        json.loads(json.dumps(document())), config=SchemathesisConfig.from_dict(config)
    )
    schema.app = get_wsgi_application()
    return schema


# Every run asks each operation a few things. Before a release, and after a change of the frame, ``HUNT=1 make test
# ARGS=tests/api/test_conformance.py`` asks for every boundary of every parameter and field: some ten thousand requests.
HUNTS = "HUNT" in os.environ
FEW = {"phases": {"coverage": {"enabled": False}}}


def bounded(examples: int) -> settings:
    """Always the same examples."""
    return settings(
        max_examples=examples * 10 if HUNTS else examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


for_administrators = described({} if HUNTS else FEW)
for_reps = described(FEW)


@pytest.fixture
def callers(world: World, settings: Any) -> Iterator[dict[str, Caller]]:
    settings.RATE_LIMITS_ON = False
    # As Django's own test client does: the application must not close the connection that holds the test's transaction.
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    yield {role: Caller(world.people[role]) for role in ROLES}
    for signal in ends:
        signal.connect(close_old_connections)


@for_administrators.parametrize()
@bounded(5)
def test_what_an_administrator_hears_is_what_is_described(case: schemathesis.Case, callers: dict[str, Caller]):
    case.call_and_validate(headers=callers["admin"].headers, excluded_checks=NOT_SAID)


@for_reps.parametrize()
@bounded(3)
def test_what_a_rep_hears_is_what_is_described(case: schemathesis.Case, callers: dict[str, Caller]):
    case.call_and_validate(headers=callers["inside"].headers, excluded_checks=NOT_SAID)
