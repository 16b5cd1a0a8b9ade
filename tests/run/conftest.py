"""Data folders of their own for the launcher's tests, and a Tandem in miniature."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.run import hold, processes
from config.run.places import CLONE, Home
from config.run.postgres import Postgres

STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    """A fresh data folder with a short path; nothing in the environment names served parts."""
    for name in ("DATABASE_URL", "REDIS_URL", "TANDEM_HOME"):
        monkeypatch.delenv(name, raising=False)
    folder = Home(Path(tempfile.mkdtemp(prefix="tandem-test-")))
    hold.prepare_folders(folder)
    yield folder
    forget(folder)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    """A database cluster as ``initdb`` makes it, to be copied: making one takes seconds."""
    template = Home(Path(tempfile.mkdtemp(prefix="tandem-test-")))
    hold.prepare_folders(template)
    Postgres(template, durable=False)._make_cluster()
    yield template.cluster
    forget(template)


@pytest.fixture
def made(home: Home, cluster: Path) -> Home:
    """``home`` with a cluster in it that has never run."""
    shutil.copytree(cluster, home.cluster)
    return home


def forget(home: Home) -> None:
    """Remove a data folder and, if it has one, its folder of sockets."""
    if home.sockets.parent != Path(os.path.realpath(home.root)):
        shutil.rmtree(home.sockets, ignore_errors=True)
    shutil.rmtree(home.root, ignore_errors=True)


class Launcher:
    """A supervisor in a process of its own, running the stand-in programs."""

    def __init__(self, home: Home, port: int, environment: dict[str, str]) -> None:
        self.home = home
        self.port = port
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, str(STAND_IN)],
            cwd=CLONE,
            env={**os.environ, "TANDEM_HOME": str(home.root), "PORT": str(port), "HOST": "127.0.0.1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def says(self, text: str, seconds: float = 20.0) -> bool:
        """Wait until ``text`` is printed."""
        return hold.wait_until(lambda: text in self.output or self._is_over(), seconds) and text in self.output

    def _is_over(self) -> bool:
        return self.process.poll() is not None and not self._reader.is_alive()

    def pid_of(self, name: str) -> int:
        """The pid of a running program; 0 while it is down."""
        try:
            return int(self.home.pid_file(name).read_text())
        except FileNotFoundError:
            return 0

    def comes_back(self, name: str, before: int, seconds: float = 20.0) -> bool:
        """Wait until ``name`` runs as another process than ``before``."""
        return hold.wait_until(lambda: self.pid_of(name) not in {0, before}, seconds)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(30)
        self._reader.join(5)
        return code


@pytest.fixture
def launch(home: Home) -> Iterator[Callable[..., Launcher]]:
    """Start a supervisor in ``home``; without ``services=True`` it has no database and no broker to run."""
    started: list[Launcher] = []

    def start(*, port: int = 0, services: bool = False, **environment: str) -> Launcher:
        served = {} if services else {"DATABASE_URL": "postgres://served", "REDIS_URL": "redis://served"}
        launcher = Launcher(home, port or free_port(), served | environment)
        started.append(launcher)
        return launcher

    yield start
    for launcher in started:
        launcher.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Wait until ``pid`` is no process any more."""
    return hold.wait_until(lambda: processes.Identity.of(pid) is None, seconds)
