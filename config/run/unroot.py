"""As whom PostgreSQL runs, which refuses root.

An ordinary user: as that user. Root, in this order:

1. in a user namespace of its own in which root's number is called ``nobody`` (files stay root's, nothing is copied or
   opened to others);
2. where namespaces are blocked (most containers): as the account ``nobody``, keeping only the capability to reach its
   binaries and its folder through root's private folders. The data directory is handed to ``nobody``, its parents stay
   shut.

Each way is tried with the real program before it is relied on.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from config.run.errors import CannotRunError
from config.run.processes import LINUX, die_with_parent, fork, libc

CLONE_NEWUSER = 0x10000000
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522


@dataclass(frozen=True)
class Role:
    """As whom a program runs. ``owner`` is the number its files must belong to; ``enter`` is called in the child."""

    owner: int
    enter: Callable[[], None]


def role_for(program: Path) -> Role:
    """The first way in which ``program`` runs as somebody else than root, tried with ``program --version``."""
    if os.geteuid() != 0 and _has_name(os.geteuid()):
        return Role(os.geteuid(), lambda: None)
    ways = [Role(os.geteuid(), _enter_namespace)]
    if os.geteuid() == 0:
        ways.append(Role(_nobody().pw_uid, _become_nobody))
    for way in ways:
        if LINUX and _works(way, program):
            return way
    raise CannotRunError(
        "The embedded database cannot run here: PostgreSQL refuses to run as root, and this system allows neither "
        "user namespaces nor a change of user.\n"
        "Run Tandem as an ordinary user, or give it a served database by DATABASE_URL."
        if os.geteuid() == 0
        else f"The embedded database cannot run here: user {os.geteuid()} has no entry in the list of users.\n"
        "Run Tandem as a listed user, or give it a served database by DATABASE_URL."
    )


def act(role: Role, death_signal: signal.Signals, then: Callable[[], object]) -> Callable[[], object]:
    """Work for ``processes.spawn``: take the role, ask again for the death signal, go on with ``then``."""

    def work() -> object:
        parent = os.getppid()
        role.enter()
        die_with_parent(death_signal)
        if os.getppid() != parent:
            os._exit(1)
        return then()

    return work


def hand_over(folder: Path, owner: int) -> None:
    """Make everything in ``folder`` belong to ``owner`` (another way of running was chosen before). Root only."""
    if os.geteuid() != 0 or not folder.exists() or folder.stat().st_uid == owner:
        return
    group = pwd.getpwuid(owner).pw_gid
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.lchown(os.path.join(place, name), owner, group)  # noqa: PTH118 (walk gives text)
    os.lchown(folder, owner, group)  # last: an interrupted hand-over is taken up again


def _works(role: Role, program: Path) -> bool:
    pid = fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    try:
        with open(os.devnull, "r+b") as nothing:  # noqa: PTH123
            for stream in (0, 1, 2):
                os.dup2(nothing.fileno(), stream)
        role.enter()
        os.execv(program, [str(program), "--version"])
    finally:
        os._exit(1)


def _enter_namespace() -> None:
    """A user namespace that calls our own number ``nobody``: an account that has a name everywhere and is not root."""
    inside = _nobody()
    outside = os.geteuid(), os.getegid()
    if libc().unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside.pw_uid} {outside[0]} 1")
    Path("/proc/self/gid_map").write_text(f"{inside.pw_gid} {outside[1]} 1")


def _become_nobody() -> None:
    """Change to ``nobody`` for good, keeping one capability through the change and through ``exec``."""
    nobody = _nobody()
    system = libc()
    _must(system.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
    os.setgroups([])
    os.setresgid(nobody.pw_gid, nobody.pw_gid, nobody.pw_gid)
    os.setresuid(nobody.pw_uid, nobody.pw_uid, nobody.pw_uid)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    low = 1 << CAP_DAC_OVERRIDE
    sets = (ctypes.c_uint32 * 6)(low, low, low, 0, 0, 0)  # effective, permitted, inheritable; low words, then high
    _must(system.capset(header, sets))
    _must(system.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0))


def _must(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise CannotRunError("This system has no account 'nobody', which the embedded database needs here.") from None


def _has_name(number: int) -> bool:
    try:
        pwd.getpwuid(number)
    except KeyError:
        return False
    return True
