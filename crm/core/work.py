"""The doorbell: ask a worker, after commit, to look at rows that are already due in Postgres.

Nothing that must happen lives here. A job reads its row again and ends quietly when there is nothing to do; when the
broker is away the bell is silent and the sweep finds the row. Jobs carry ids only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from crm.core import context

log = structlog.get_logger(__name__)

Job = Callable[..., Any]
_jobs: dict[str, Job] = {}
_send: Callable[[str, list[str]], None] | None = None
_silent_until = 0.0
SILENCE_SECONDS = 5.0


def job(name: str) -> Callable[[Job], Job]:
    """Register a function under ``<app>.<service name>``. It must be safe to run twice, and takes ids as text."""

    def register(function: Job) -> Job:
        if name in _jobs:
            raise ValueError(f"The job {name} is registered twice.")
        _jobs[name] = function
        return function

    return register


def jobs() -> dict[str, Job]:
    return dict(_jobs)


def run(name: str, *ids: str) -> Any:
    """Run a registered job here and now, as a worker would."""
    with context.acting(through=f"job {name}"):
        return _jobs[name](*ids)


def connect(send: Callable[[str, list[str]], None]) -> None:
    """config.celery gives the floor its bell; the floor itself knows no Celery."""
    global _send  # noqa: PLW0603 (set once at start-up)
    _send = send


def enqueue(name: str, *ids: UUID | str) -> None:
    """After the surrounding transaction commits, ask a worker to run ``name`` for ``ids``.

    Fails soft: an absent broker costs a request one short attempt, then none for some seconds. Raises ``LookupError``
    at once for a name nobody registered.
    """
    if name not in _jobs:
        raise LookupError(f"No job is called {name!r}.")
    arguments = [str(identifier) for identifier in ids]

    def ring() -> None:
        _ring(name, arguments)

    transaction.on_commit(ring, robust=True)


def _ring(name: str, arguments: list[str]) -> None:
    global _silent_until  # noqa: PLW0603 (one breaker per process)
    if _send is None or time.monotonic() < _silent_until:
        return
    try:
        _send(name, arguments)
    except Exception as error:  # noqa: BLE001 (whatever the broker's trouble, the row is safe and the sweep will come)
        _silent_until = time.monotonic() + SILENCE_SECONDS
        log.warning("bell_silent", job=name, error=type(error).__name__, seconds=SILENCE_SECONDS)
