"""What lets ``manage.py`` just work by hand: the right interpreter, and the services while a command needs them."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from config.run import bootstrap, services
from config.run.places import Home

# Commands that never touch the database. Anything else may: starting the services for nothing costs a second.
WITHOUT_SERVICES = frozenset(
    {
        "check",
        "collect_messages",
        "collectstatic",
        "compile_catalogues",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "makemessages",
        "spectacular",
        "startapp",
        "test",
        "version",
    }
)
MANAGED = "TANDEM_MANAGED"


def use_the_environment() -> None:
    """Go on in the clone's own environment when this interpreter has no Django, installing it first if need be."""
    if importlib.util.find_spec("django") is not None:
        return
    if os.environ.get(MANAGED):
        sys.exit("The environment has no Django. Delete the .venv folder and try again.")
    bootstrap.require_python()
    python = bootstrap.python_with("local")
    os.execve(python, [str(python), *sys.argv], os.environ | {MANAGED: "1"})


def services_for(arguments: Sequence[str]) -> contextlib.AbstractContextManager[None]:
    """The services that ``manage.py`` with these arguments needs, for a ``with`` block."""
    command = next((argument for argument in arguments[1:] if not argument.startswith("-")), "help")
    asks_for_help = {"--help", "-h", "--version"} & set(arguments)
    if command in WITHOUT_SERVICES or asks_for_help:
        return contextlib.nullcontext()
    _end_in_order_when_terminated()
    return services.running(Home.from_environment(), f"manage.py {command}")


def _end_in_order_when_terminated() -> None:
    """SIGTERM becomes an ordinary exit, so that services started for this command are stopped and not only killed."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
