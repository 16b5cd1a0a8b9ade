"""Starting processes that cannot outlive us, and knowing old ones again.

A process is known by its id *and* the moment it started: ids are used again, after a reboot almost certainly.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15
NAME_BYTES = 15
LINUX = sys.platform == "linux"

# What to send one after the other, and how many seconds each may take.
Farewell = Sequence[tuple[signal.Signals, float]]
KILL: Farewell = ((signal.SIGKILL, 5.0),)


@dataclass(frozen=True)
class Identity:
    """One process for certain: its id and a text that differs for every process that ever had this id."""

    pid: int
    began: str

    @classmethod
    def of(cls, pid: int) -> Identity | None:
        """The process that has ``pid`` now; None when there is none (a zombie is none)."""
        began = _linux_start(pid) if LINUX else _ps_start(pid)
        return cls(pid, began) if began else None

    @property
    def is_alive(self) -> bool:
        return Identity.of(self.pid) == self


def _linux_start(pid: int) -> str | None:
    try:
        # The name in parentheses may itself hold spaces and parentheses; fields count from the last one.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return None
    state, ticks_since_boot = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}:{ticks_since_boot}"


def _ps_start(pid: int) -> str | None:
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def spawn(
    work: Callable[[], object],
    *,
    name: str,
    log: Path,
    death_signal: signal.Signals,
    close: Sequence[int] = (),
) -> int:
    """Fork, make the child its own session with its own log, and run ``work`` in it. Returns the child's pid.

    The child gets ``death_signal`` when this thread ends, however it ends (Linux). ``close`` lists descriptors it must
    not keep. It ends with the exit code of ``work`` (an int, or 0), 1 after an exception.
    """
    parent = os.getpid()
    pid = fork()
    if pid:
        return pid
    code = 1
    try:
        _begin(name=name, log=log, close=close)
        die_with_parent(death_signal)
        if os.getppid() != parent:  # it died before we asked to be told
            os._exit(1)
        result = work()
        code = result if isinstance(result, int) else 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 (nothing may run on in the copy of the parent)
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def fork() -> int:
    """``os.fork`` with flushed streams. Returns the child's pid, 0 in the child."""
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        # Tests fork beside pytest-xdist's threads; the child touches none of their locks before it executes a program.
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def _begin(*, name: str, log: Path, close: Sequence[int]) -> None:
    """A clean slate in a freshly forked child: default signals, own session, no input, output to ``log``."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.setsid()
    os.umask(0o077)  # personal data is in logs, mails and files
    for descriptor in close:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    # Other streams may stand in for these (pytest's); a child has the real ones.
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    if LINUX:
        libc().prctl(PR_SET_NAME, f"tandem-{name}".encode()[:NAME_BYTES], 0, 0, 0)


def die_with_parent(number: signal.Signals) -> None:
    """Be sent ``number`` when the thread that forked us ends. A change of user forgets it: ask again then."""
    if LINUX:
        libc().prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)


def libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def execute(arguments: Sequence[str], environment: Mapping[str, str], folder: Path) -> Callable[[], object]:
    """Work for ``spawn``: become another program."""

    def become() -> object:
        os.chdir(folder)
        os.execve(arguments[0], list(arguments), dict(environment))

    return become


class Service(ABC):
    """Something that runs beside us: ``begin`` starts it, ``finish`` waits until it is of use, ``stop`` ends it."""

    name: str
    label: str
    farewell: Farewell = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

    def __init__(self, log: Path) -> None:
        self.log = log
        self.pid = 0
        self.exit_code: int | None = None

    @abstractmethod
    def begin(self) -> None:
        """Start it and set ``pid``."""

    def finish(self, *, watch: Callable[[], None] = lambda: None) -> None:  # noqa: B027 (many need no waiting)
        """Wait until it answers. ``watch`` is called while waiting and may raise to give up."""

    def has_ended(self) -> bool:
        """Whether it is gone; ``exit_code`` is set then (negative: the signal that ended it)."""
        if not self.pid:
            return True
        try:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
        except ChildProcessError:
            return Identity.of(self.pid) is None
        if pid:
            self.exit_code = os.waitstatus_to_exitcode(status)
            end_group(pid)
            self.pid = 0
        return bool(pid)

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        identity = Identity.of(self.pid) if self.pid else None
        if identity:
            end(identity, self.farewell, hurry=hurry)
            end_group(identity.pid)
        self.pid = 0


def end(identity: Identity, farewell: Farewell, *, hurry: Callable[[], bool] = lambda: False) -> bool:
    """Send each signal of ``farewell`` until the process is gone; ``hurry`` cuts the waits short. True when gone."""
    for number, seconds in farewell:
        if not identity.is_alive:
            return True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(identity.pid, number)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not hurry():
            if not _lives_on(identity):
                return True
            time.sleep(0.02)
    return not _lives_on(identity)


def _lives_on(identity: Identity) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(identity.pid, os.WNOHANG)  # collect it if it was ours
    return identity.is_alive


def end_group(leader: int) -> None:
    """Kill what a dead ``leader`` left behind in its group (pool children, request workers).

    Its number cannot belong to another group: it is not given out again while the group has members.
    """
    if Identity.of(leader) is not None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def last_lines(log: Path, count: int = 12) -> list[str]:
    """The end of a log, for a person who must be told why something failed."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            return file.read().decode(errors="replace").splitlines()[-count:]
    except OSError:
        return []


def quote_log(log: Path) -> str:
    return "\n".join([f"The end of {log}:", *(f"  | {text}" for text in last_lines(log))])


def rotate(log: Path, *, limit: int = 10_000_000, keep: int = 3) -> None:
    """Copy a log over ``limit`` bytes to ``name.log.1``, older ones counting up to ``keep``, and empty it.

    Its writers append, so they go on at the new end; a line written between the two steps is lost.
    """
    if not log.exists() or log.stat().st_size < limit:
        return
    for number in range(keep - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)
