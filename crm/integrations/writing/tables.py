"""A table written row by row to a file, with flat memory."""

from __future__ import annotations

import csv
import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import xlsxwriter
from typing_extensions import override

from crm.integrations.writing.safety import escape

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
XLSX_ROWS = 1_048_575
# Excel keeps 15 digits; a longer number would come back altered.
EXACT_DIGITS = 15
LONGEST_CELL = 32_767


class TableWriter(ABC):
    """Write a header, then rows of plain values (text, numbers, days, instants in UTC, yes/no, None). A context manager."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def write(self, values: Sequence[Any]) -> None: ...

    @abstractmethod
    def close(self) -> None: ...


class CsvWriter(TableWriter):
    """UTF-8 with its mark (Excel needs it), commas, CRLF: RFC 4180. Days and instants are ISO 8601, decimals have a point."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow([escape(column) for column in columns])

    @override
    def write(self, values: Sequence[Any]) -> None:
        self._writer.writerow([escape(value) if isinstance(value, str) else as_text(value) for value in values])

    @override
    def close(self) -> None:
        self._file.close()


class XlsxWriter(TableWriter):
    """One sheet. Text is written as text, so that nothing is live; numbers as numbers while Excel can hold them exactly."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
            "tmpdir": str(path.parent),
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet()
        self._day = self._book.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        head = self._book.add_format({"bold": True})
        self._sheet.freeze_panes(1, 0)
        for index, column in enumerate(columns):
            self._sheet.write_string(0, index, escape(column), head)
        self._line = 0

    @override
    def write(self, values: Sequence[Any]) -> None:
        self._line += 1
        for index, value in enumerate(values):
            self._put(index, value)

    def _put(self, column: int, value: Any) -> None:
        match value:
            case None | "":
                return
            case bool():
                self._sheet.write_boolean(self._line, column, value)
            case int() | Decimal() if _is_exact(value):
                self._sheet.write_number(self._line, column, value)
            case dt.datetime():
                self._sheet.write_string(self._line, column, as_text(value))
            case dt.date() if value.year >= 1900:
                self._sheet.write_datetime(self._line, column, value, self._day)
            case str():
                self._sheet.write_string(self._line, column, escape(value)[:LONGEST_CELL])
            case _:
                self._sheet.write_string(self._line, column, as_text(value))

    @override
    def close(self) -> None:
        self._book.close()


def _is_exact(value: int | Decimal) -> bool:
    return len(Decimal(value).normalize().as_tuple().digits) <= EXACT_DIGITS


def as_text(value: Any) -> str:
    """A value as any program reads it: ISO times in UTC, plain decimals, ``true`` and ``false``."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dt.datetime():
            return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
        case dt.date():
            return value.isoformat()
        case Decimal():
            return format(value.normalize(), "f")
        case UUID() | int() | float():
            return str(value)
        case _:
            return escape(str(value))


WRITERS = {"csv": CsvWriter, "xlsx": XlsxWriter}


def open_table(path: Path, kind: str, columns: Sequence[str]) -> TableWriter:
    return WRITERS[kind](path, columns)
