"""How a delimited file is written: the sign between columns, the quote, the escape, and where its header stands."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import IO, Any

from crm.integrations.reading.limits import USUAL

DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 200


@dataclass(frozen=True, slots=True)
class Dialect:
    """``escape`` is a backslash in MySQL's exports, else empty; ``skip`` lines stand before the first row (``sep=;``)."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    skip: int = 0

    def reader_options(self) -> dict[str, Any]:
        """What ``csv.reader`` is given. Strict: a letter after a closing quote is a fault, not a letter."""
        options: dict[str, Any] = {"delimiter": self.delimiter, "strict": True, "quotechar": self.quote}
        return options | ({"escapechar": self.escape, "doublequote": False} if self.escape else {})


def sample_of(file: IO[str]) -> list[str]:
    """The first lines, none longer than a cell may be."""
    lines = []
    for line in islice(iter(lambda: file.readline(USUAL.cell), ""), SAMPLE_LINES):
        lines.append(line)
        if sum(map(len, lines)) > 4 * USUAL.cell:
            break
    return lines


def recognise(lines: Sequence[str]) -> Dialect:
    """The way of writing under which the sample falls into the most columns most evenly."""
    if lines and lines[0].strip().lower().startswith("sep=") and len(lines[0].strip()) == 5:
        return Dialect(lines[0].strip()[4], skip=1)
    escape = "\\" if _has_escaped_quotes(lines) else ""
    candidates = [Dialect(sign, quote, escape) for quote in _quotes(lines) for sign in DELIMITERS]
    best = max(candidates, key=lambda dialect: _evenness(lines, dialect))
    return best if _evenness(lines, best) else Dialect(escape=escape)


def _quotes(lines: Sequence[str]) -> tuple[str, ...]:
    """The apostrophe is a quote only where every line begins with one: O'Brien is more common."""
    text = [line for line in lines if line.strip()]
    return ("'",) if text and all(line.startswith("'") for line in text) else ('"',)


def _has_escaped_quotes(lines: Sequence[str]) -> bool:
    """``"a \\"b\\" c"``: a backslash before a quote that does not end its cell."""
    return any(
        line[at + 2 : at + 3] not in ("", ",", ";", "\t", "|", "\r", "\n", '"')
        for line in lines
        for at in _positions(line, '\\"')
    )


def _positions(line: str, part: str) -> list[int]:
    return [at for at in range(len(line) - 1) if line.startswith(part, at)] if part in line else []


def _evenness(lines: Sequence[str], dialect: Dialect) -> float:
    """0 when the sign makes no columns; else the share of rows with the usual number of columns, more for more columns."""
    widths = Counter(len(cells) for cells in _parse(lines, dialect) if any(cells))
    if not widths:
        return 0
    width, rows = max(widths.items(), key=lambda item: (item[1], item[0]))
    return 0 if width < 2 else rows / widths.total() + min(width, 50) / 1_000


def _parse(lines: Sequence[str], dialect: Dialect) -> list[list[str]]:
    cells = []
    try:
        for row in csv.reader(lines, **dialect.reader_options()):
            cells.append(row)  # noqa: PERF402 (what was read before a fault counts)
    except csv.Error:
        pass
    return cells
