"""Columns of raw values, from a file or from records, and what counts as "not known" in them."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Value = Any  # text, number, yes/no, date or None
Rows = npt.NDArray[np.int64]

# What people and forms write where nobody knows; compared folded.
MISSING = frozenset({"", "-", "--", "?", "n/a", "na", "nan", "none", "null", "select", "unknown", "(not set)"})
SNIFFED_BYTES = 200_000
DELIMITERS = ";,\t|"
DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})(?:[ T](.*))?$")


class TableError(ValueError):
    """The file cannot be read as a table; the text says why."""


class Table:
    """Named columns of one length. Columns are lists; nothing is converted until somebody learns from it."""

    def __init__(self, columns: Mapping[str, Sequence[Value]], size: int | None = None) -> None:
        """``size`` is the number of rows, for a table that may have no column."""
        self.columns = dict(columns)
        lengths = {len(column) for column in self.columns.values()} | (set() if size is None else {size})
        if len(lengths) > 1:
            raise TableError("The columns differ in length.")
        self.size = lengths.pop() if lengths else 0
        self._coded: dict[str, tuple[Rows, list[Value]]] = {}

    def __len__(self) -> int:
        return self.size

    def coded(self, name: str) -> tuple[Rows, list[Value]]:
        """A column as places in a list of its distinct values: a million rows hold few, and each is looked at once."""
        if name not in self._coded:
            # True == 1 == 1.0 as keys: the kind belongs to the value.
            places: dict[tuple[type, Value], int] = {}
            column = self.columns[name]
            codes = [places.setdefault((value.__class__, value), len(places)) for value in column]
            self._coded[name] = np.array(codes, dtype=np.int64), [value for _kind, value in places]
        return self._coded[name]

    def take(self, rows: Iterable[int]) -> Table:
        """The rows of these numbers, in this order."""
        picked = [int(row) for row in rows]
        return Table({name: [column[row] for row in picked] for name, column in self.columns.items()}, len(picked))

    def without(self, names: Iterable[str]) -> Table:
        dropped = set(names)
        return Table({name: column for name, column in self.columns.items() if name not in dropped}, self.size)


def is_missing(value: Value) -> bool:
    if value is None:
        return True
    if isinstance(value, str):
        return value.strip().casefold() in MISSING
    return isinstance(value, float) and value != value  # noqa: PLR0124 (only NaN differs from itself)


def as_number(value: Value) -> float | None:
    """The number a value stands for; None where it is none. ``"1,234.5"`` and ``"12 %"`` are not guessed at."""
    if isinstance(value, str):
        text = value.strip()
        # Letters like "inf", "nan" and digits like "1_000" are Python's, not people's.
        if not text or text[-1].isalpha() or "_" in text:
            return None
        try:
            number = float(text)
        except ValueError:
            return None
        return number if np.isfinite(number) else None
    if isinstance(value, bool) or value is None or isinstance(value, date):
        return None
    number = float(value)
    return number if np.isfinite(number) else None


def as_date(value: Value) -> datetime | None:
    """ISO dates and times, and day.month.year; None for everything else."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 (only compared with its like)
    if not isinstance(value, str) or len(value) < 8:
        return None
    text = value.strip()
    try:
        if found := DAY_FIRST.match(text):
            day, month, year = (int(part) for part in found.group(1, 2, 3))
            return datetime(year, month, day)  # noqa: DTZ001
        return datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return None


def read_table(path: Path) -> Table:
    """A csv, csv.gz or xlsx file: delimiter and encoding found out, columns without a name and without a value dropped.

    Raises ``TableError`` with a sentence for the reader.
    """
    try:
        rows = _sheet(path) if path.suffix.lower() in {".xlsx", ".xls", ".ods"} else _separated(path)
    except (OSError, csv.Error, UnicodeError) as error:
        raise TableError(f"{path.name} cannot be read: {error}") from error
    if not rows or not any(str(name).strip() for name in rows[0]):
        raise TableError(f"{path.name} has no header line.")
    return _columns([str(name).strip() for name in rows[0]], rows[1:])


def _columns(names: list[str], rows: list[list[Value]]) -> Table:
    """Short rows are filled up, blank ones left out; a nameless column is kept only if it holds something."""
    width = len(names)
    full = [[*row[:width], *[None] * (width - len(row))] for row in rows if any(not is_missing(cell) for cell in row)]
    columns: dict[str, list[Value]] = {}
    for place, name in enumerate(names):
        column = [row[place] for row in full]
        if not name and all(is_missing(cell) for cell in column):
            continue
        title, again = name or f"column {place + 1}", 2
        while title in columns:
            title, again = f"{name} ({again})", again + 1
        columns[title] = column
    return Table(columns)


def _separated(path: Path) -> list[list[Value]]:
    text = _decoded(path.read_bytes())
    dialect: Any
    try:
        dialect = csv.Sniffer().sniff(text[:SNIFFED_BYTES].partition("\n")[0], delimiters=DELIMITERS)
    except csv.Error:
        dialect = csv.excel
    csv.field_size_limit(10_000_000)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter))


def _decoded(content: bytes) -> str:
    """UTF-8 where it is, else what charset-normalizer finds."""
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes  # noqa: PLC0415 (slow to import, seldom needed)

        found = from_bytes(content[:SNIFFED_BYTES])
        best = found.best()
        # A few accents among ASCII fit many code pages; where the common one is possible it is the likely one.
        common = any("cp1252" in {match.encoding, *match.could_be_from_charset} for match in found)
        return content.decode("cp1252" if common or best is None else best.encoding, errors="replace")


def _sheet(path: Path) -> list[list[Value]]:
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 (only for sheets)

    try:
        book = CalamineWorkbook.from_path(path)
        return [[None if cell == "" else cell for cell in row] for row in book.get_sheet_by_index(0).to_python()]
    except CalamineError as error:
        raise TableError(f"{path.name} cannot be read: {error}") from error
