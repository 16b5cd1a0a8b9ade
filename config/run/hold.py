"""Who runs the services of a data folder: one holder at a time, known to everybody else.

The holder keeps a lock on ``run/lock`` (the kernel drops it however the holder ends) and writes ``run/state.json``:
what it started, each by pid and start, so that the next holder can stop what a crash left behind.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from config.run import postgres, processes, tell
from config.run.errors import CannotRunError
from config.run.places import Home


@dataclass
class Hold:
    """The lock and the state file of the one who runs the services. Forked children must close ``descriptor``."""

    home: Home
    descriptor: int
    state: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def try_take(cls, home: Home, what: str) -> Hold | None:
        """The hold for a process that calls itself ``what``; None when somebody else has it."""
        descriptor = os.open(home.run / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        before = read_state(home)
        hold = cls(home, descriptor)
        stop_leftovers(home, before)
        me = processes.Identity.of(os.getpid())
        assert me is not None
        hold.note(holder={"what": what, "pid": me.pid, "began": me.began}, programs={}, ready=False, address="")
        return hold

    def note(self, **changes: Any) -> None:
        """Write down what is true now."""
        self.state |= changes
        _write_whole(self.home.run / "state.json", json.dumps(self.state, indent=1))

    def note_program(self, name: str, pid: int) -> None:
        """Write ``run/<name>.pid`` and remember the process; ``pid`` 0 forgets both."""
        programs = dict(self.state.get("programs", {}))
        identity = processes.Identity.of(pid) if pid else None
        if identity:
            _write_whole(self.home.pid_file(name), f"{pid}\n")
            programs[name] = {"pid": pid, "began": identity.began}
        else:
            self.home.pid_file(name).unlink(missing_ok=True)
            programs.pop(name, None)
        self.note(programs=programs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Forget what ran and let the next one in."""
        for name in list(self.state.get("programs", {})):
            self.home.pid_file(name).unlink(missing_ok=True)
        (self.home.run / "state.json").unlink(missing_ok=True)
        os.close(self.descriptor)


def _write_whole(file: Path, text: str) -> None:
    """Readers see the old text or the new one, never a part."""
    draft = file.with_name(f"{file.name}.new")
    draft.write_text(text)
    draft.replace(file)


def read_state(home: Home) -> dict[str, Any]:
    """What the holder, present or past, last wrote down; empty when nothing readable is there."""
    try:
        state = json.loads((home.run / "state.json").read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def holder(home: Home) -> tuple[processes.Identity, str] | None:
    """The living process that has the hold, and what it calls itself."""
    note = read_state(home).get("holder") or {}
    try:
        identity = processes.Identity(int(note["pid"]), str(note["began"]))
    except (KeyError, TypeError, ValueError):
        return None
    return (identity, str(note.get("what", ""))) if identity.is_alive else None


def stop_leftovers(home: Home, state: dict[str, Any]) -> None:
    """Stop what a crashed holder left running, last started first, each known by pid and start."""
    farewells = {"postgres": postgres.FAREWELL}
    for name, note in reversed(list((state.get("programs") or {}).items())):
        identity = processes.Identity(int(note["pid"]), str(note["began"]))
        if identity.is_alive:
            tell.line(f"  Stopping {name} (pid {identity.pid}), left by a run that ended without cleaning up.")
            processes.end(identity, farewells.get(name, processes.Service.farewell))
        processes.end_group(identity.pid)
        home.pid_file(name).unlink(missing_ok=True)
    stray = postgres.running_pid(home.cluster)
    server = processes.Identity.of(stray) if stray else None
    if server:
        tell.line(f"  Stopping a database server (pid {server.pid}) that runs on this folder without a holder.")
        processes.end(server, postgres.FAREWELL)


@contextlib.contextmanager
def shared_use(home: Home) -> Iterator[Callable[[], None]]:
    """Say that we use the services, whoever runs them. Yields a function that waits until nobody else uses them."""
    descriptor = os.open(home.run / "users", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def wait_for_others() -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell.line("Another command still uses the embedded services; they stop when it ends.")
            fcntl.flock(descriptor, fcntl.LOCK_EX)

    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield wait_for_others
    finally:
        os.close(descriptor)


def prepare_folders(home: Home) -> None:
    """Make the data folder and what belongs in it, private to us; say clearly when that cannot be."""
    try:
        for folder in (home.root, home.run, home.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = home.run.stat().st_uid
        if owner != os.geteuid():
            raise CannotRunError(
                f"The data folder {home.root} belongs to user number {owner}, you are {os.geteuid()}.\n"
                "Run Tandem as its owner, or choose another folder: TANDEM_HOME=/some/folder make run"
            )
        home.run.chmod(0o700)  # who may enter it may use the database
        home.logs.chmod(0o700)
        _prove_writable(home.run)
    except OSError as error:
        raise CannotRunError(_explain_folder(home.root, error)) from None
    _prepare_sockets(home)


def _prove_writable(folder: Path) -> None:
    probe = folder / f".probe-{os.getpid()}"
    probe.write_bytes(b"x" * 4096)
    probe.unlink()


def _explain_folder(root: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    return (
        f"The data folder {root} cannot be written ({reason}).\n"
        "Choose another one, for example: TANDEM_HOME=$HOME/tandem-data make run"
    )


def _prepare_sockets(home: Home) -> None:
    """Make the short folder for sockets if there has to be one, and refuse one that somebody else prepared."""
    folder = home.sockets
    if folder == Path(os.path.realpath(home.run)):
        return
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise CannotRunError(
            f"{folder}, the folder for the sockets of {home.root}, belongs to somebody else or is open to others.\n"
            "Remove it, or choose a data folder with a shorter path (TANDEM_HOME)."
        )
    # For people: where the sockets of this data folder went.
    (home.run / "sockets.txt").write_text(f"{folder}\n")


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    """Look at ``true`` every moment for ``seconds``. Returns its last answer."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
