"""Workbooks (XLSX, XLS, ODS) as rows. The archive is measured before anybody unpacks it; see ``sheet_worker`` for the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from crm.integrations.reading.limits import Limits, Unreadable

WORKER = Path(__file__).with_name("sheet_worker.py")
BLOCK = 1 << 16
_LOCAL_HEADER = 30


@dataclass(slots=True)
class Workbook:
    """A workbook being read: the names of its sheets, the one chosen, and its rows as ``(line, cells)``."""

    sheets: list[str]
    sheet: str
    rows: Iterator[tuple[int, list[Any]]] = field(default_factory=lambda: iter(()))


def check_archive(path: Path, limits: Limits) -> None:
    """Unpack every member into nothing and count: what the archive says of its own size is not believed.

    Raises ``Unreadable`` (``not_a_workbook``, ``too_large_unpacked``).
    """
    room = limits.unpacked
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as raw:
            members = archive.infolist()
            if not any(member.filename in ("xl/workbook.xml", "xl/workbook.bin", "content.xml") for member in members):
                raise _no_workbook()
            for member in members:
                room = _spend(raw, member, room)
    except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, ValueError) as error:
        raise _no_workbook() from error


def _spend(raw: IO[bytes], member: zipfile.ZipInfo, room: int) -> int:
    """What of ``room`` is left after unpacking ``member``."""
    if member.flag_bits & 1:
        raise _locked()
    raw.seek(member.header_offset)
    head = raw.read(_LOCAL_HEADER)
    raw.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), os.SEEK_CUR)
    if member.compress_type == zipfile.ZIP_STORED:
        return _left(room - member.compress_size)
    if member.compress_type != zipfile.ZIP_DEFLATED:
        raise _no_workbook()
    unpacker, rest = zlib.decompressobj(-zlib.MAX_WBITS), member.compress_size
    while rest > 0 and not unpacker.eof and (block := raw.read(min(BLOCK, rest))):
        rest -= len(block)
        while block and not unpacker.eof:
            room = _left(room - len(unpacker.decompress(block, 1 << 20)))
            block = unpacker.unconsumed_tail
    return room


def _left(room: int) -> int:
    if room < 0:
        raise Unreadable(
            "too_large_unpacked",
            _("This workbook is far larger inside than it looks. Save the sheet as CSV and bring that."),
        )
    return room


def _no_workbook() -> Unreadable:
    return Unreadable("not_a_workbook", _("This is no workbook that can be opened. Save it again as XLSX or CSV."))


def _locked() -> Unreadable:
    return Unreadable("locked_workbook", _("This workbook is locked with a password. Save it without one."))


def open_workbook(path: Path, *, sheet: str = "", limits: Limits) -> Workbook:
    """The workbook's sheets and the rows of one of them, as the child process gives them. Raises ``Unreadable``."""
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            check_archive(path, limits)
    command = [sys.executable, "-I", str(WORKER), str(path), sheet, str(limits.sheet_memory), str(limits.sheet_seconds)]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, encoding="utf-8")  # noqa: S603
    assert child.stdout is not None
    first = _answer(child.stdout.readline())
    if first is None or "error" in first:
        _end(child)
        raise _locked() if first else _no_workbook()
    return Workbook(first["sheets"], first["sheet"], _rows(child))


def _answer(line: str) -> Any:
    return json.loads(line) if line.endswith("\n") else None


def _rows(child: subprocess.Popen[str]) -> Iterator[tuple[int, list[Any]]]:
    assert child.stdout is not None
    try:
        for line in child.stdout:
            answer = _answer(line)
            if isinstance(answer, dict):
                return
            if answer is None:
                break
            yield answer[0], answer[1]
        raise Unreadable(
            "workbook_broke_off",
            _("This workbook is damaged or too large to open. Save the sheet as CSV and bring that."),
        )
    finally:
        _end(child)


def _end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.wait()
    if child.stdout is not None:
        child.stdout.close()
