"""The launcher's voice: one calm line per step, with its seconds."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

LABEL_WIDTH = 24
TEXT_WIDTH = 44
# The first stage of `make run` starts another interpreter for the second; both count from here.
STARTED_AT = "TANDEM_STARTED_AT"

_voice: TextIO = sys.stderr


def speak_to(stream: TextIO) -> None:
    """Where lines go. Standard error by default, so that what a command prints stays clean."""
    global _voice  # noqa: PLW0603 (one voice per process)
    _voice = stream


def line(text: str = "") -> None:
    _write(f"{text}\n")


def row(label: str, outcome: str, seconds: float) -> None:
    """A step that is over."""
    _write(f"  {label:<{LABEL_WIDTH}}{outcome:<{TEXT_WIDTH}}{seconds:6.1f} s\n")


@contextmanager
def step(label: str) -> Iterator[Callable[[str], None]]:
    """Announce a step, then finish its line with the outcome handed to the yielded function and the seconds it took."""
    began = time.monotonic()
    outcome = ["done"]
    _write(f"  {label:<{LABEL_WIDTH}}")
    try:
        yield lambda text: outcome.__setitem__(0, text)
    except BaseException:
        _write("failed\n")
        raise
    _write(f"{outcome[0]:<{TEXT_WIDTH}}{time.monotonic() - began:6.1f} s\n")


def seconds_since_start() -> float:
    """Seconds since the command was given, across the stages of the launcher."""
    began = os.environ.setdefault(STARTED_AT, repr(time.monotonic()))
    return time.monotonic() - float(began)


def _write(text: str) -> None:
    try:
        _voice.write(text)
        _voice.flush()
    except (OSError, ValueError):
        pass  # a reader that went away (`make run | head`) must not end what is running
