"""What a file may be, and how it is refused as a whole. Generous for people, small enough for one worker."""

from __future__ import annotations

from dataclasses import dataclass

from crm.core.errors import Invalid


@dataclass(frozen=True, slots=True)
class Limits:
    """``bytes`` of the file, ``unpacked`` bytes of a packed workbook, ``columns``, ``cell`` characters, data ``rows``."""

    bytes: int = 512 * 1024 * 1024
    unpacked: int = 256 * 1024 * 1024
    columns: int = 500
    # Salesforce's longest text has 131,072 characters; twice that is nobody's cell.
    cell: int = 262_144
    # One record between two quotes: an open quote must not eat the file (M21).
    record_lines: int = 1_000
    rows: int = 2_000_000
    sheet_memory: int = 2 * 1024 * 1024 * 1024
    sheet_seconds: int = 60


USUAL = Limits()


class Unreadable(Invalid):
    """The file as a whole cannot be read. ``specific_code`` says why in one word, ``detail`` what to do about it."""

    code = "unreadable_file"

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail, field="file", code=code)
