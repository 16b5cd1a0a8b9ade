"""CSV and TSV, read strictly and with flat memory: one open quote costs one row, not the rest of the file.

``csv.reader`` does the parsing. This module feeds it physical lines and keeps those of the record under way, so that after a
fault it can give up the record's first line, name it, and go on with the second (reliability M21).
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from crm.integrations.reading.dialects import Dialect
from crm.integrations.reading.limits import Limits
from crm.integrations.reading.rows import Fault

LONGEST_LINE = 1 << 21


@dataclass(slots=True)
class Record:
    """What stands between two line ends that count: cells, or a fault."""

    line: int
    cells: list[str]
    fault: Fault | None = None


class _OpenQuote(Exception):
    """The record under way has grown beyond what a person writes."""


class _LongLine(Exception):
    """A line that nobody's table has."""


@dataclass(slots=True)
class _Lines:
    """Physical lines with a memory of the record under way and a way back."""

    file: Iterator[str]
    limits: Limits
    number: int = 0
    back: deque[str] = field(default_factory=deque)
    record: list[str] = field(default_factory=list)
    size: int = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self.back.popleft() if self.back else next(self.file)
        self.record.append(line)
        self.size += len(line)
        if len(line) > LONGEST_LINE:
            raise _LongLine
        if len(self.record) > self.limits.record_lines or self.size > 4 * LONGEST_LINE:
            raise _OpenQuote
        return line

    def begin(self) -> None:
        """The last record is done: count its lines and forget them."""
        self.number += len(self.record)
        self.record, self.size = [], 0

    def give_up_first(self) -> None:
        """The record's first line is lost; the others are read again from a fresh start."""
        self.back.extendleft(reversed(self.record[1:]))
        self.record = self.record[:1]
        self.begin()


def read(file: Iterator[str], dialect: Dialect, limits: Limits, *, width: int | None = None) -> Iterator[Record]:
    """Records in order. ``width`` is the number of columns: a record over several lines that has another is an open quote."""
    csv.field_size_limit(4 * LONGEST_LINE)  # our own limit refuses the row; the library's would only say "limit"
    lines = _Lines(iter(file), limits)
    reader = _reader(lines, dialect)
    while True:
        lines.begin()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _OpenQuote, _LongLine) as error:
            yield Record(line, _rest(lines.record), _explain(error, limits))
            lines.give_up_first()
            reader = _reader(lines, dialect)
            continue
        if (
            len(lines.record) > 1
            and width is not None
            and len(cells) != width
            and _swallowed(lines.record, dialect, width)
        ):
            yield Record(line, _rest(lines.record), _open_quote())
            lines.give_up_first()
            reader = _reader(lines, dialect)
            continue
        if cells:
            yield Record(line, cells)


def _reader(lines: _Lines, dialect: Dialect) -> Iterator[list[str]]:
    return csv.reader(lines, **dialect.reader_options())


def _rest(record: list[str]) -> list[str]:
    """What the result file shows of a line that could not be taken apart."""
    return [record[0][:500].rstrip("\r\n")] if record else []


def _swallowed(record: list[str], dialect: Dialect, width: int) -> bool:
    """Whether a line after the first is a whole row by itself: then the quote before it was never closed."""
    return any(line.count(dialect.delimiter) >= width - 1 for line in record[1:])


def _open_quote() -> Fault:
    return Fault("open_quote", _("A quotation mark on this line is not closed."))


def _explain(error: Exception, limits: Limits) -> Fault:
    if isinstance(error, _LongLine):
        return Fault("cell_too_long", _("This line is longer than %(number)d characters.") % {"number": LONGEST_LINE})
    if isinstance(error, _OpenQuote) or "end of data" in str(error):
        return _open_quote()
    if "expected after" in str(error):
        return Fault("stray_quote", _("A quotation mark on this line is not closed, or not doubled."))
    return Fault("malformed_line", _("This line cannot be taken apart into columns."))


def lines_of(file: Iterator[str]) -> Iterator[str]:
    """Physical lines, cut where one would fill the memory: of an overlong line the rest is passed over unread."""
    readline = file.readline  # type: ignore[attr-defined]
    while line := readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE and not line.endswith(("\n", "\r")):
            while (more := readline(LONGEST_LINE)) and not more.endswith(("\n", "\r")):
                pass
        yield line
