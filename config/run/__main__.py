"""``python -m config.run COMMAND``: what the Makefile calls, and what the image runs."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from config.run import bootstrap, hold, manage_line, processes, services, supervisor, tell
from config.run.errors import CannotRunError
from config.run.places import CLONE, Home

STOP_SECONDS = 90.0


def run() -> int:
    """Set up what is missing, then run Tandem until it is stopped."""
    tell.speak_to(sys.stdout)
    home = Home.from_environment()
    tell.line(f"Tandem starts (data in {home.root})")
    hold.prepare_folders(home)  # before the long part, so that a wrong folder is said at once
    python = _set_up("local")
    return _become(python, "-m", "config.run.supervisor")


def stop() -> int:
    """Stop the Tandem that runs in this data folder."""
    home = Home.from_environment()
    other = hold.holder(home)
    if other is None:
        tell.line(f"Nothing runs in {home.root}.")
        return 0
    identity, what = other
    if what != supervisor.HOLDER:
        tell.line(f"'{what}' (pid {identity.pid}) uses {home.root}; it ends by itself.")
        return 1
    with tell.step("Stopping") as say:
        gone = processes.end(identity, ((supervisor.STOP_SIGNAL, STOP_SECONDS),))
        say("stopped" if gone else f"pid {identity.pid} still runs")
    return 0 if gone else 1


def test() -> int:
    """Run the suite. ``ARGS`` goes to pytest."""
    return _become(_set_up("dev"), "-m", "config.run.testing", *_extra_arguments())


def check() -> int:
    """Lint, types, contracts, migrations, deployment, templates."""
    return _become(_set_up("dev"), "-m", "config.run.checks", *_extra_arguments())


def demo() -> int:
    """Load the demo organisation: ``SIZE`` small, medium or large; ``SEED`` a number."""
    return _become(_set_up("local"), "-m", "config.run", "seed")


def seed() -> int:
    """``make demo`` inside the environment: the tables if they are missing, then the organisation."""
    from config.run import application  # noqa: PLC0415 (needs the packages)

    size, number = os.environ.get("SIZE") or "small", os.environ.get("SEED") or "1"
    with services.running(Home.from_environment(), "make demo"):
        application.set_up()
        application.prepare(_report, demo=False)
        application.seed_demo(size, number)
    return 0


def bench() -> int:
    return _become(_set_up("dev"), "-m", "tests.bench", *_extra_arguments())


def chaos() -> int:
    """Kill random processes of a running Tandem for a while and prove that it comes back with everything."""
    return _become(_set_up("dev"), "-m", "tests.run.chaos", *_extra_arguments())


def lock() -> int:
    return _become(_set_up("dev"), "-m", "config.run.lock")


def messages() -> int:
    """Take new texts from the code into the message catalogues."""
    return _become(_set_up("dev"), str(CLONE / "manage.py"), "collect_messages", *_extra_arguments())


def program(name: str) -> Callable[[], int]:
    """One of the application's own programs in the foreground, for containers and other supervisors."""

    def serve() -> int:
        manage_line.use_the_environment()
        from config.run import application  # noqa: PLC0415 (needs the packages)

        application.set_up()
        if name == "prepare":
            application.prepare(_report, demo=_wants_demo())
        else:
            application.PROGRAMS[name]()
        return 0

    return serve


COMMANDS: dict[str, Callable[[], int]] = {
    command.__name__: command for command in (run, stop, test, check, demo, seed, bench, chaos, lock, messages)
} | {name: program(name) for name in ("prepare", "web", "worker", "beat", "sweeper")}


def main(arguments: Sequence[str]) -> int:
    tell.seconds_since_start()
    command = COMMANDS.get(arguments[0] if arguments else "")
    if command is None:
        tell.line(f"Commands: {', '.join(COMMANDS)}.")
        return 2
    try:
        return command()
    except CannotRunError as error:
        tell.line(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        tell.line("\nStopped.")
        return 130


def _set_up(kind: str) -> Path:
    bootstrap.require_python()
    python = bootstrap.python_with(kind)
    bootstrap.browser_libraries(python)
    return python


def _become(python: Path, *arguments: str) -> int:
    os.chdir(CLONE)
    sys.stdout.flush()
    os.execv(python, [str(python), *arguments])


def _extra_arguments() -> list[str]:
    return shlex.split(os.environ.get("ARGS", ""))


def _report(label: str, outcome: str) -> None:
    tell.line(f"  {label}: {outcome}")


def _wants_demo() -> bool:
    return os.environ.get("DEMO", "no") in {"yes", "on", "1"}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
