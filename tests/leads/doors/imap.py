"""A very small IMAP server: enough for a client that looks into one folder and takes messages from it."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Folder:
    """What the server holds: ``{uid: bytes}`` and the number that says which counting the uids belong to."""

    def __init__(self) -> None:
        self.validity = 7
        self.messages: dict[int, bytes] = {}
        self.fetched: list[int] = []
        self.commands: list[str] = []

    def put(self, raw: bytes) -> int:
        uid = max(self.messages, default=0) + 1
        self.messages[uid] = raw
        return uid


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say(b"* OK ready")
        for line in self.rfile:
            tag, _, rest = line.strip().decode("utf-8", "replace").partition(" ")
            command = rest.upper()
            self.folder.commands.append(command)
            if command.startswith("LOGIN") and "WRONG" in command:
                self._say(f"{tag} NO not you".encode())
                continue
            self._answer(command)
            self._say(f"{tag} OK done".encode())
            if command.startswith("LOGOUT"):
                return

    @property
    def folder(self) -> Folder:
        return self.server.folder  # type: ignore[attr-defined,no-any-return]

    def _answer(self, command: str) -> None:
        folder = self.folder
        if command.startswith("LOGOUT"):
            self._say(b"* BYE")
        elif command.startswith("CAPABILITY"):
            self._say(b"* CAPABILITY IMAP4rev1")
        elif command.startswith(("SELECT", "EXAMINE")):
            self._say(f"* {len(folder.messages)} EXISTS".encode())
        elif command.startswith("STATUS"):
            self._say(f'* STATUS "INBOX" (UIDVALIDITY {folder.validity})'.encode())
        elif command.startswith("UID SEARCH"):
            found = re.search(r"UID (\d+):\*", command)
            after = int(found[1]) if found else 1
            # As the protocol has it: "n:*" is never empty, the last message is always in it.
            uids = [uid for uid in folder.messages if uid >= after] or list(folder.messages)[-1:]
            self._say(("* SEARCH " + " ".join(map(str, uids))).encode())
        elif command.startswith("UID FETCH"):
            uid = int(command.split()[2])
            folder.fetched.append(uid)
            raw = folder.messages.get(uid)
            if raw is not None:
                self._say(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}".encode() + b"\r\n" + raw + b")")

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
        self.wfile.flush()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    folder: Folder


@contextmanager
def serving(folder: Folder) -> Iterator[str]:
    """The address of a server for ``folder``, as ``INBOUND_EMAIL_URL`` has it, while the block runs."""
    with _Server(("127.0.0.1", 0), _Talk) as server:
        server.folder = folder
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"imap://leads%40firm.test:secret@127.0.0.1:{_port(server)}/INBOX?address=leads@firm.test"
        finally:
            server.shutdown()
            thread.join(5)


def _port(server: Any) -> int:
    return int(server.server_address[1])
