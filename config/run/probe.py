"""Asking a running Tandem whether it is ready, without waiting for the answer."""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 10.0
# Which program each part of /readyz is about.
PROGRAM_OF_PART = {"worker": ("worker", "beat"), "sweeper": ("sweeper",)}


@dataclass(frozen=True)
class Readiness:
    """What /readyz said: nothing (``answered`` false), or its status and parts."""

    answered: bool
    status: int = 0
    parts: dict[str, Any] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        return self.status == 200

    def silent(self, seconds: float) -> set[str]:
        """Names of the programs that have given no sign of life for ``seconds``."""
        return {
            program
            for part, programs in PROGRAM_OF_PART.items()
            if self._silence(part) > seconds
            for program in programs
        }

    def heard_within(self, seconds: float) -> bool:
        """Whether every program it knows of gave a sign of life in the last ``seconds``."""
        return all(self._silence(part) <= seconds for part in PROGRAM_OF_PART)

    def explain(self) -> str:
        if not self.answered:
            return "no answer"
        failing = sorted(name for name, part in self.parts.items() if not part.get("ok"))
        return ", ".join(failing) or ("no fresh sign of life" if self.ready else f"status {self.status}")

    def _silence(self, part: str) -> float:
        detail = self.parts.get(part) or {}
        return float(detail.get("seconds_since_heartbeat") or 0.0)


class Probe:
    """One question to /readyz. ``poll`` gives None until there is an answer or ten seconds passed."""

    def __init__(self, address: str, path: str = "/readyz") -> None:
        parts = urlsplit(address)
        self._deadline = time.monotonic() + TIMEOUT
        self._received = b""
        self._sent = False
        self._request = f"GET {path} HTTP/1.0\r\nHost: {host_header(parts.netloc)}\r\n\r\n".encode()
        self.socket = socket.socket(socket.AF_INET6 if parts.hostname and ":" in parts.hostname else socket.AF_INET)
        self.socket.settimeout(0)
        self.socket.connect_ex((parts.hostname or "127.0.0.1", parts.port or 80))

    def poll(self) -> Readiness | None:
        """The answer; None while it is still open."""
        try:
            finished = self._advance()
        except OSError:
            return self._close(Readiness(answered=False))
        if finished:
            return self._close(_read(self._received))
        if time.monotonic() > self._deadline:
            return self._close(Readiness(answered=False))
        return None

    def _advance(self) -> bool:
        """Send if that has not been done, read what there is. True at the end of the answer."""
        try:
            if not self._sent:
                self.socket.sendall(self._request)
                self._sent = True
            while chunk := self.socket.recv(65_536):
                self._received += chunk
        except BlockingIOError:
            return False
        return True

    def _close(self, answer: Readiness) -> Readiness:
        self.socket.close()
        return answer


def host_header(otherwise: str) -> str:
    """A host name that the site accepts: the first of ``ALLOWED_HOSTS``."""
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    return otherwise if first in {"", "*"} else first


def _read(answer: bytes) -> Readiness:
    head, _, body = answer.partition(b"\r\n\r\n")
    try:
        status = int(head.split(None, 2)[1])
    except (IndexError, ValueError):
        return Readiness(answered=False)
    try:
        parts = json.loads(body)
    except ValueError:
        parts = {}
    return Readiness(answered=True, status=status, parts=_parts(parts))


def _parts(body: Any) -> dict[str, Any]:
    """The parts of the answer, wherever the document keeps them."""
    inner = body.get("parts", body) if isinstance(body, dict) else {}
    return {name: part for name, part in inner.items() if isinstance(part, dict)}


def main(arguments: Sequence[str]) -> int:
    """For health checks of containers: is web alive, or (``ADDRESS PART``) is that part of /readyz well?"""
    address = arguments[0] if arguments else f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    part = arguments[1] if len(arguments) > 1 else ""
    probe = Probe(address, "/readyz" if part else "/healthz")
    while (answer := probe.poll()) is None:
        select.select([probe.socket], [], [], 0.1)
    if not part:
        return 0 if answer.ready else 1
    return 0 if (answer.parts.get(part) or {}).get("ok") else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
