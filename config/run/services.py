"""The embedded services for the duration of something: a management command, a test session."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from config.run import embedded, hold, processes
from config.run.errors import CannotRunError
from config.run.places import Home
from config.run.postgres import Postgres
from config.run.valkey import Valkey

JOIN_SECONDS = 120.0


def missing() -> list[type[Postgres | Valkey]]:
    """The services that no variable names and that therefore run embedded, in the order they start."""
    wanted: list[type[Postgres | Valkey]] = []
    if not os.environ.get("DATABASE_URL"):
        wanted.append(Postgres)
    if not os.environ.get("REDIS_URL"):
        wanted.append(Valkey)
    return wanted


@contextlib.contextmanager
def running(home: Home, what: str) -> Iterator[None]:
    """The services of ``home`` for the duration of a ``with`` block.

    Joins the ones that run already; else starts them, and stops them after, once nobody else uses them. ``what`` is how
    somebody who waits is told who holds them.
    """
    if not missing():
        yield
        return
    hold.prepare_folders(home)
    with hold.shared_use(home) as wait_for_others:
        mine = _take_or_join(home, what)
        if mine is None:
            yield
            return
        with mine, started(mine):
            try:
                yield
            finally:
                wait_for_others()


@contextlib.contextmanager
def started(mine: hold.Hold, *, durable: bool = True) -> Iterator[Sequence[processes.Service]]:
    """Start what is missing in the data folder we hold, all at once; stop it in reverse order after."""
    services = [service(mine.home, durable=durable, close=(mine.descriptor,)) for service in missing()]
    try:
        for service in services:
            processes.rotate(service.log)
            service.begin()
            mine.note_program(service.name, service.pid)
        for service in services:
            service.finish()
            mine.note_program(service.name, service.pid)
        mine.note(ready=True)
        yield services
    finally:
        for service in reversed(services):
            service.stop()


@contextlib.contextmanager
def temporary() -> Iterator[dict[str, str]]:
    """Fast throw-away services in a temporary data folder. Yields the environment that leads to them.

    Nothing is synced to disk and nothing survives. What the environment names already is left as it is.
    """
    folder = Path(tempfile.mkdtemp(prefix="tandem-"))
    home = Home(folder)
    try:
        hold.prepare_folders(home)
        mine = hold.Hold.try_take(home, "temporary services")
        if mine is None:
            raise CannotRunError(f"Somebody else took the fresh folder {folder}.")
        names = {service.name for service in missing()}
        addresses = {"TANDEM_HOME": str(folder)}
        if Postgres.name in names:
            addresses["DATABASE_URL"] = embedded.database_url(folder)
        if Valkey.name in names:
            addresses["REDIS_URL"] = embedded.redis_url(folder)
        with mine, started(mine, durable=False):
            yield addresses
    finally:
        if home.sockets.parent != home.root:
            shutil.rmtree(home.sockets, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _take_or_join(home: Home, what: str) -> hold.Hold | None:
    """The hold if it is free; None once the services of another holder are ready."""
    taken: list[hold.Hold] = []

    def take_or_ready() -> bool:
        mine = hold.Hold.try_take(home, what)
        if mine is not None:
            taken.append(mine)
        return bool(taken) or bool(hold.read_state(home).get("ready"))

    if not hold.wait_until(take_or_ready, JOIN_SECONDS):
        raise CannotRunError(f"The services in {home.root} are being started by another process, but do not get ready.")
    return taken[0] if taken else None
