"""Where one Tandem keeps its things: pure paths, the same for the launcher, the settings and the tests."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
POSTGRES_MAJOR = 18

# A socket address holds 107 bytes; PostgreSQL's is the longest name we put in the folder.
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")
# libpq splits at commas, addresses quote the rest: a folder of plain characters needs no quoting anywhere.
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+@-]+")


@dataclass(frozen=True)
class Home:
    """The data folder of one Tandem (``TANDEM_HOME``). All below ``root`` belongs to the account that runs it."""

    root: Path

    @classmethod
    def from_environment(cls) -> Home:
        return cls(Path(os.environ.get("TANDEM_HOME") or CLONE / "var").absolute())

    @property
    def run(self) -> Path:
        """Pid files, the lock, the state of the running system, and (when its path is plain and short) the sockets."""
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory, named by its major version so that other binaries never touch it."""
        return self.root / f"pg-{POSTGRES_MAJOR}"

    @property
    def broker(self) -> Path:
        return self.root / "valkey"

    @property
    def sockets(self) -> Path:
        """The folder of the unix sockets: ``run``, or a short private one when the path is too long or needs quoting.

        A function of the path alone, so that every process finds it without reading anything.
        """
        folder = os.path.realpath(self.run)
        if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(folder):
            return Path(folder)
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        return Path("/tmp") / f"tandem-{digest}"  # noqa: S108 (made 0700 and its owner checked before use)

    def pid_file(self, name: str) -> Path:
        return self.run / f"{name}.pid"

    def log_file(self, name: str) -> Path:
        return self.logs / f"{name}.log"
