"""The Django side of the run: load once, prepare the database, and the four programs.

The supervisor loads Django once and forks each program from itself: they share its memory and start in an instant. In a
container the same functions are the image's commands: ``python -m config.run web`` and so on.
"""

from __future__ import annotations

import gc
import io
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Report = Callable[[str, str], None]
# Any fixed number: whoever migrates this database first takes it, the others wait.
MIGRATION_LOCK = 7_263_001


def set_up() -> None:
    """Load the settings and the apps: enough for one program in a process of its own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")
    import django  # noqa: PLC0415

    django.setup()


def load() -> None:
    """Import everything that any program will need, before forking. Opens no connection and starts no thread."""
    set_up()
    import celery.apps.worker  # noqa: PLC0415
    import celery.bin.celery  # noqa: PLC0415
    import celery.worker  # noqa: F401, PLC0415
    import gunicorn.app.wsgiapp  # noqa: PLC0415
    import gunicorn.workers.gthread  # noqa: F401, PLC0415
    import kombu.transport.redis  # noqa: F401, PLC0415
    from django.urls import get_resolver  # noqa: PLC0415

    import config.wsgi  # noqa: F401, PLC0415

    _ = get_resolver().url_patterns
    if threading.active_count() > 1:
        raise RuntimeError(f"Loading the application started threads, it cannot be forked: {threading.enumerate()}")
    gc.collect()
    gc.freeze()  # what is loaded stays: looking through it again would copy the shared pages


def prepare(report: Report, *, demo: bool) -> None:
    """Bring the system to a state in which it can run: checks, message catalogues, tables, the demo the first time.

    Safe to run twice and at the same time. ``report`` is called with a label and an outcome after each step.
    """
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    call_command("check", stdout=io.StringIO())
    report("Checks", "passed")
    report("Languages", _compile_catalogues())
    with _one_at_a_time():
        report("Tables", _migrate())
        _ensure_defaults()
        if demo and not get_user_model()._default_manager.exists():
            call_command("seed_demo", stdout=io.StringIO())
            report("Demo organisation", "loaded")


def seed_demo(size: str, seed: str) -> None:
    """Load the demo organisation, with the complaints and exit codes of ``manage.py seed_demo``."""
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    execute_from_command_line(["manage.py", "seed_demo", "--size", size, "--seed", seed])


def demo_sign_ins() -> list[str]:
    """The demo people's addresses, if the demo was loaded."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415

    names = ("inside", "field", "hybrid", "manager", "finance", "admin")
    emails = [f"{name}@example.com" for name in names]
    there = set(get_user_model()._default_manager.filter(email__in=emails).values_list("email", flat=True))
    return [email for email in emails if email in there]


def web() -> None:
    """Serve the site: the supervisor's socket, or ``HOST`` and ``PORT``."""
    from gunicorn.app.wsgiapp import WSGIApplication  # noqa: PLC0415

    sys.argv = ["gunicorn", "--config", "python:config.gunicorn"]
    WSGIApplication("%(prog)s [OPTIONS]", prog="gunicorn").run()


def worker() -> None:
    """Run jobs. Its first heartbeat goes through the broker at once, so that readiness need not wait for beat."""
    from celery.signals import worker_ready  # noqa: PLC0415

    from config.celery import app, worker_heartbeat  # noqa: PLC0415

    def first_heartbeat(**_: Any) -> None:
        worker_heartbeat.apply_async(expires=30)

    worker_ready.connect(first_heartbeat)
    concurrency = os.environ.get("WORKER_CONCURRENCY") or "2"
    # Gossip, mingling and event heartbeats are talk between workers that nothing here listens to.
    quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    app.worker_main(["worker", f"--concurrency={concurrency}", "--loglevel=INFO", *quiet])


def beat() -> None:
    """Ring for the sweeps. The schedule is code and the sweeps find what is due, so nothing is kept on disk."""
    from config.celery import app  # noqa: PLC0415

    app.start(["beat", "--loglevel=WARNING", "--scheduler=celery.beat:Scheduler", "--pidfile="])


def sweeper() -> None:
    """The sweeps outside Celery."""
    from django.core.management import call_command  # noqa: PLC0415

    call_command("sweep", loop=True)


PROGRAMS: dict[str, Callable[[], None]] = {"web": web, "worker": worker, "beat": beat, "sweeper": sweeper}


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Hold the migration lock, on a connection of its own without the time limits of requests."""
    from django.db import connection  # noqa: PLC0415

    guard = connection.copy()
    try:
        with guard.cursor() as cursor:
            cursor.execute("SET lock_timeout = 0")
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        yield
    finally:
        guard.close()


def _compile_catalogues() -> str:
    from django.core.management import call_command  # noqa: PLC0415

    try:
        call_command("compile_catalogues", stdout=io.StringIO())
    except PermissionError as error:  # a clone of somebody else who has not compiled them: English it is
        return f"not compiled, {error.filename} cannot be written"
    return "compiled"


def _ensure_defaults() -> None:
    """Pipelines and reasons to begin with, where there are none."""
    from leads.services.defaults import ensure_defaults  # noqa: PLC0415

    ensure_defaults()


def _migrate() -> str:
    """Apply what is missing. Asking for the plan first spares a later start the look-ups that follow migrations."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return "up to date"
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")  # an index over a large table takes what it takes
    call_command("migrate", interactive=False, verbosity=0)
    connection.close()
    return f"{len(plan)} changes applied"
