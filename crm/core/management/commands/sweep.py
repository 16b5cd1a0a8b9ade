"""``manage.py sweep``: run the sweeps outside Celery, once or for ever."""

from __future__ import annotations

import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, close_old_connections, connection
from typing_extensions import override

from crm.core import health, heartbeats, sweeps

log = structlog.get_logger(__name__)
POLL_SECONDS = 1.0


class Command(BaseCommand):
    help = "Do the due work that Postgres knows of. Once, or with --loop until stopped."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help="Only these sweeps (default: all).")
        parser.add_argument("--loop", action="store_true", help="Go on until SIGTERM or SIGINT.")

    @override
    def handle(self, *args: Any, names: list[str], loop: bool, **options: Any) -> None:
        chosen = self._choose(names)
        if loop:
            self._loop(chosen)
            return
        for sweep in chosen:
            outcome = sweep.run()
            self.stdout.write(f"{sweep.name}: {outcome.done} done, {outcome.failed} failed")

    def _choose(self, names: list[str]) -> tuple[sweeps.Sweep, ...]:
        known = {sweep.name: sweep for sweep in sweeps.all_sweeps()}
        if unknown := sorted(set(names) - set(known)):
            raise CommandError(f"No such sweep: {', '.join(unknown)}. There are: {', '.join(known)}.")
        return tuple(known[name] for name in names) or tuple(known.values())

    def _loop(self, chosen: tuple[sweeps.Sweep, ...]) -> None:
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        next_run = dict.fromkeys((sweep.name for sweep in chosen), 0.0)
        last_beat = 0.0
        while not stopping.is_set():
            try:
                if time.monotonic() - last_beat > 5:
                    heartbeats.beat(health.SWEEPER)
                    last_beat = time.monotonic()
                for sweep in chosen:
                    if time.monotonic() >= next_run[sweep.name] and not stopping.is_set():
                        next_run[sweep.name] = time.monotonic() + sweep.every.total_seconds()
                        sweep.run()
                close_old_connections()
            except DatabaseError as error:
                # Postgres is away: drop the connection, say so, look again.
                log.warning("sweeper_without_database", error=type(error).__name__)
                connection.close()
            stopping.wait(POLL_SECONDS)
        connection.close()
