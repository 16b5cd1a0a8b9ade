"""A Tandem in miniature for the supervisor's tests: four programs of a few lines, no Django.

``STAND_IN_FAILS`` names a program that ends at once, ``STAND_IN_DEAF`` one that ignores SIGTERM,
``STAND_IN_UNPREPARED`` makes the preparation fail. ``STAND_IN_SILENT`` is how many seconds ago the worker was heard.
"""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from config.run import probe, supervisor

PARTS = {"worker": {"ok": True, "seconds_since_heartbeat": float(os.environ.get("STAND_IN_SILENT", "0"))}}


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"ready": True, "parts": PARTS}).encode())


def web() -> None:
    number = int(os.environ["TANDEM_LISTEN"].removeprefix("fd://"))
    leave_on_term("web")
    server = http.server.HTTPServer(("", 0), Page, bind_and_activate=False)
    server.socket = socket.socket(fileno=number)
    server.serve_forever()


def idle(name: str) -> Callable[[], None]:
    def work() -> None:
        print(f"{name} works", flush=True)
        if os.environ.get("STAND_IN_FAILS") == name:
            raise SystemExit(3)
        leave_on_term(name)
        if name == "worker" and os.fork() == 0:  # a pool child
            while True:
                time.sleep(0.1)
        while True:
            time.sleep(0.1)

    return work


def leave_on_term(name: str) -> None:
    def leave(*_: object) -> None:
        with (Path(os.environ["TANDEM_HOME"]) / "order").open("a") as file:
            file.write(f"{name}\n")
        if os.environ.get("STAND_IN_DEAF") != name:
            os._exit(0)

    signal.signal(signal.SIGTERM, leave)


class StandIn:
    PROGRAMS: Mapping[str, Callable[[], object]] = {
        "web": web,
        "worker": idle("worker"),
        "beat": idle("beat"),
        "sweeper": idle("sweeper"),
    }

    def prepare(self, report: Callable[[str, str], None], *, demo: bool) -> None:
        if os.environ.get("STAND_IN_UNPREPARED"):
            raise RuntimeError("a migration is broken")
        report("Tables", "up to date")

    def demo_sign_ins(self) -> list[str]:
        return ["inside@example.com"]


if __name__ == "__main__":
    supervisor.SILENT_SECONDS = supervisor.UNANSWERED_SECONDS = 1.5
    supervisor.PROBE_SECONDS = 0.3
    supervisor.READY_SECONDS = 5.0
    probe.TIMEOUT = 1.0
    sys.exit(supervisor.main(StandIn))
