"""A file as a table: recognise how it is written, then read it so. The one door of this package."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

from django.utils.translation import gettext as _

from crm.integrations.reading import cards, delimited, dialects, encodings, headers, values, workbooks
from crm.integrations.reading.delimited import Record
from crm.integrations.reading.limits import USUAL, Limits, Unreadable
from crm.integrations.reading.rows import Fault, Row, clean, fault_of_text
from crm.integrations.writing.safety import unescape

SAMPLE_ROWS = 300
_ARCHIVE, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Files people drag by mistake, by how they begin.
_NO_TABLE = {
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"\x1f\x8b": "GZIP",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"{\\rtf": "RTF",
    b"<!DOC": "HTML",
    b"<html": "HTML",
    b"\x7fELF": "ELF",
    b"MZ\x90": "EXE",
    b"SQLite": "SQLite",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How a file is written. Recognised, shown, corrected, kept with the import as JSON.

    ``header`` is the position of the naming row among the file's records, 1 for the first, 0 for none.
    """

    kind: str = "delimited"  # delimited, workbook, cards
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    skip: int = 0
    sheet: str = ""
    header: int = 1
    date_order: str = "dmy"
    decimal: str = "."

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        return cls(**{name: stored[name] for name in cls.__dataclass_fields__ if name in stored})

    @property
    def dialect(self) -> dialects.Dialect:
        return dialects.Dialect(self.delimiter, self.quote, self.escape, self.skip)


@dataclass(frozen=True, slots=True)
class Table:
    """What recognising found. ``doubts`` names settings that a person should look at."""

    settings: Settings
    columns: list[str]
    sample: list[Row]
    doubts: list[str] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)

    def texts(self, column: int) -> list[str]:
        """The filled cells of a column in the sample."""
        return [
            row.cells[column]
            for row in self.sample
            if row.fault is None and column < len(row.cells) and row.cells[column]
        ]


def recognise(path: Path, *, chosen: dict[str, Any] | None = None, limits: Limits = USUAL) -> Table:
    """Find out how ``path`` is written; ``chosen`` settings are taken as given. Raises ``Unreadable``."""
    chosen = chosen or {}
    _check_size(path, limits)
    settings, doubts, sheets = _form(path, chosen, limits)
    records = list(islice(_records(path, settings, limits), SAMPLE_ROWS))
    whole = [record for record in records if record.fault is None]
    if not whole:
        raise Unreadable("empty_file", _("There is nothing in this file."))
    header = chosen.get("header")
    if header is None:
        found = headers.find_header([record.cells for record in whole])
        header = 0 if found is None else records.index(whole[found]) + 1
        if settings.kind == "cards":
            header = 0
    settings = replace(settings, header=int(header))
    columns = columns_of(settings, records)
    if len(columns) > limits.columns:
        raise Unreadable(
            "too_many_columns", _("This file has more than %(number)d columns.") % {"number": limits.columns}
        )
    sample = list(_rows(iter(records), settings, columns, limits))
    settings, more = _habits(settings, Table(settings, columns, sample), chosen)
    return Table(settings, columns, sample, [*doubts, *more], sheets)


def read(path: Path, settings: Settings, columns: list[str], limits: Limits = USUAL) -> Iterator[Row]:
    """Every row, in order, with flat memory. The same numbers and lines each time for the same file and settings."""
    return _rows(_records(path, settings, limits), settings, columns, limits)


def columns_of(settings: Settings, records: list[Record]) -> list[str]:
    """The columns' names from the first records."""
    if settings.kind == "cards":
        return list(cards.COLUMNS)
    widths = Counter(len(record.cells) for record in records if record.fault is None)
    if settings.header:
        named = records[settings.header - 1].cells if settings.header <= len(records) else []
        filled = max(
            (
                _filled(record.cells)
                for record in records[settings.header :]
                if record.fault is None and len(record.cells) <= len(named)
            ),
            default=0,
        )
        while len(named) > filled and not named[-1].strip():  # a comma at the end of every line makes no column
            named = named[:-1]
        return headers.name_columns([clean(cell) for cell in named], 0)
    return headers.name_columns([], widths.most_common(1)[0][0])


def _filled(cells: list[str]) -> int:
    """The place of the last cell with something in it."""
    return max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _check_size(path: Path, limits: Limits) -> None:
    size = path.stat().st_size
    if not size:
        raise Unreadable("empty_file", _("There is nothing in this file."))
    if size > limits.bytes:
        raise Unreadable("too_large", _("This file is larger than %(number)d MB.") % {"number": limits.bytes >> 20})


def _form(path: Path, chosen: dict[str, Any], limits: Limits) -> tuple[Settings, list[str], list[str]]:
    """Kind, encoding, delimiter or sheet; with doubts and the sheets there are."""
    with path.open("rb") as file:
        start = file.read(512)
    for mark, name in _NO_TABLE.items():
        if start.lstrip().startswith(mark):
            raise Unreadable(
                "no_table", _("This is a %(kind)s file. Bring a table: CSV, XLSX, XLS, ODS or vCard.") % {"kind": name}
            )
    if start.startswith((_ARCHIVE, _OLE)):
        book = workbooks.open_workbook(path, sheet=chosen.get("sheet", ""), limits=limits)
        book.rows.close()  # type: ignore[attr-defined]
        return Settings(kind="workbook", sheet=book.sheet), [], book.sheets
    found = encodings.recognise(path)
    encoding = chosen.get("encoding") or found.name
    doubts = [] if found.is_sure or "encoding" in chosen else ["encoding"]
    with encodings.open_text(path, encoding) as file_:
        lines = dialects.sample_of(file_)
    if lines and lines[0].lstrip("\ufeff").strip().upper() == "BEGIN:VCARD":
        return Settings(kind="cards", encoding=encoding, header=0, date_order="ymd"), doubts, []
    _refuse_binary(lines)
    dialect = dialects.recognise(lines)
    picked = {name: chosen[name] for name in ("delimiter", "quote", "escape") if name in chosen}
    settings = Settings(
        encoding=encoding, delimiter=dialect.delimiter, quote=dialect.quote, escape=dialect.escape, skip=dialect.skip
    )
    return replace(settings, **picked), doubts, []


def _refuse_binary(lines: list[str]) -> None:
    text = "".join(lines)[:20_000]
    strange = sum(1 for char in text if char < " " and char not in "\t\r\n\x0b\x0c")
    if strange > len(text) // 10:
        raise Unreadable("no_table", _("This is no table. Bring CSV, XLSX, XLS, ODS or vCard."))


def _habits(settings: Settings, table: Table, chosen: dict[str, Any]) -> tuple[Settings, list[str]]:
    """How the file writes days and decimals, over the columns that hold them."""
    days, numbers = list[str](), list[str]()
    for index in range(len(table.columns)):
        texts = table.texts(index)
        if texts and sum(map(_looks_like_day, texts)) > len(texts) * 0.7:
            days += texts
        elif texts and sum(map(_looks_like_number, texts)) > len(texts) * 0.7:
            numbers += texts
    order, sure_order = values.recognise_dates(days)
    decimal, sure_decimal = values.recognise_decimals(numbers)
    if not numbers and settings.delimiter == ";":
        decimal = ","
    doubts = [
        name
        for name, sure in (("date_order", sure_order), ("decimal", sure_decimal))
        if not sure and name not in chosen
    ]
    return replace(settings, date_order=chosen.get("date_order", order), decimal=chosen.get("decimal", decimal)), doubts


def _looks_like_day(text: str) -> bool:
    parts = values._NUMBERS.fullmatch(text) or values._COMPACT.fullmatch(text)
    return parts is not None and not text.isdigit()


def _looks_like_number(text: str) -> bool:
    return values._NUMBER.fullmatch(text.strip(" €$£%Rp")) is not None


# --- Records and rows ------------------------------------------------------------------------------------------------


def _records(path: Path, settings: Settings, limits: Limits) -> Iterator[Record]:
    """The file's records, each with the line it begins on."""
    if settings.kind == "workbook":
        book = workbooks.open_workbook(path, sheet=settings.sheet, limits=limits)
        for line, cells in book.rows:
            yield Record(line, [_written(cell, settings.decimal) for cell in cells])
        return
    with encodings.open_text(path, settings.encoding) as file:
        lines = delimited.lines_of(file)
        if settings.kind == "cards":
            yield from cards.read(lines, limits)
            return
        for _line in islice(lines, settings.skip):
            pass
        yield from _counted(
            delimited.read(lines, settings.dialect, limits, width=_width(path, settings, limits)), settings.skip
        )


def _counted(records: Iterable[Record], skipped: int) -> Iterator[Record]:
    for record in records:
        record.line += skipped
        yield record


def _width(path: Path, settings: Settings, limits: Limits) -> int | None:
    """How many cells a record has, from the first ones: a record of several lines with another number has an open quote."""
    with encodings.open_text(path, settings.encoding) as file:
        lines = delimited.lines_of(file)
        for _line in islice(lines, settings.skip):
            pass
        records = islice(delimited.read(lines, settings.dialect, limits), 50)
        widths = Counter(len(record.cells) for record in records if record.fault is None)
    return widths.most_common(1)[0][0] if widths else None


def _written(cell: Any, decimal: str) -> str:
    """A workbook's typed cell as the file's texts write it, so that both are read alike."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            return repr(cell).replace(".", decimal)
        case {"t": moment}:
            return str(moment)
        case _:
            return str(cell)


def _rows(records: Iterator[Record], settings: Settings, columns: list[str], limits: Limits) -> Iterator[Row]:
    """Numbered rows below the header. Wholly empty ones are no rows: a program wrote them, nobody else."""
    width, number = len(columns), 0
    for position, record in enumerate(records, 1):
        if position <= settings.header or (record.fault is None and not any(cell.strip() for cell in record.cells)):
            continue
        number += 1
        if number > limits.rows:
            raise Unreadable(
                "too_many_rows",
                _("This file has more than %(number)d rows. Bring it in parts.") % {"number": limits.rows},
            )
        if record.fault:
            yield Row(number, record.line, record.cells, record.fault)
        else:
            yield _row(number, record, columns, width, limits, workbook=settings.kind == "workbook")


def _row(number: int, record: Record, columns: list[str], width: int, limits: Limits, *, workbook: bool) -> Row:
    cells = [unescape(clean(cell)) for cell in record.cells]
    fault = fault_of_text(cells, columns) or _too_long(cells, columns, limits)
    if fault is None and len(cells) > width and any(cells[width:]):
        detail = _("This row has %(found)d cells, the header has %(width)d.")
        fault = Fault("too_many_cells", detail % {"found": len(cells), "width": width})
    if fault is None and len(cells) < width and not workbook:  # workbooks leave empty cells at the end out
        detail = _("This row has only %(found)d cells, the header has %(width)d.")
        fault = Fault("too_few_cells", detail % {"found": len(cells), "width": width})
    cells = cells[:width] + [""] * (width - len(cells))
    if fault is not None:  # the result file shows the row, in a form that can be kept
        cells = [encodable(cell[:500]) for cell in cells]
    return Row(number, record.line, cells, fault)


def encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _too_long(cells: list[str], columns: list[str], limits: Limits) -> Fault | None:
    for index, cell in enumerate(cells):
        if len(cell) > limits.cell:
            detail = _("This cell has %(found)d characters, %(limit)d is the most.")
            name = columns[index] if index < len(columns) else ""
            return Fault("cell_too_long", detail % {"found": len(cell), "limit": limits.cell}, name)
    return None
