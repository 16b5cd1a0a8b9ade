"""A row of texts as the values of a record: each cell read by its field's kind, strictly, in the file's own habits."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from crm.core.errors import Invalid
from crm.core.text import fold
from crm.integrations.reading import values as read
from crm.integrations.reading.rows import Fault, Row
from crm.integrations.reading.source import Settings
from crm.integrations.targets import CUSTOM, Field, Target
from crm.integrations.words import Words
from leads.services.bulk import Item

Reader = Callable[[str], Any]
# What programs write for "nothing".
_NOTHING = frozenset({"null", "#n/a", "n/a", "nan", "\\n", "#ref!", "#value!", "none", "(null)", "-"})
_TYPED = frozenset(
    {"money", "number", "whole", "day", "moment", "year", "yes_no", "country", "currency", "url", "email", "phone"}
)


@dataclass(frozen=True, slots=True)
class _Column:
    index: int
    name: str
    field: Field
    reader: Reader
    words: Words | None = None


class Converter:
    """Rows of one file to items of one target, by a mapping ``{column: field}``.

    ``defaults`` fill fields that a row leaves empty; ``values`` says of words of a field what they are here, see ``Words``.
    Raises ``Invalid`` (field ``defaults``) for a default that cannot be read.
    """

    def __init__(
        self,
        target: Target,
        settings: Settings,
        columns: list[str],
        mapping: dict[str, str],
        *,
        zone: str = "UTC",
        defaults: dict[str, str] | None = None,
        values: dict[str, dict[str, str | None]] | None = None,
    ) -> None:
        self._zone, self._settings = ZoneInfo(zone), settings
        fields = {field.name: field for field in target.fields}
        self._columns = [
            _Column(
                columns.index(column),
                column,
                fields[name],
                self._reader(fields[name]),
                Words(target.name, fields[name], values[name]) if values and values.get(name) else None,
            )
            for column, name in mapping.items()
            if name in fields and column in columns
        ]
        self._defaults, self._own_defaults = dict[str, Any](), dict[str, Any]()
        for name, text in (defaults or {}).items():
            if text and name in fields:
                into = self._own_defaults if name.startswith(CUSTOM) else self._defaults
                into[name.removeprefix(CUSTOM)] = self._read_default(fields[name], text)

    def _read_default(self, field: Field, text: str) -> Any:
        try:
            return self._reader(field)(text)
        except Invalid as error:
            raise Invalid(f"{field.label}: {error.detail}", field="defaults", code=error.specific_code) from error

    def column_of(self, field_name: str) -> str:
        """The file's column that a field came from (own fields as ``leads`` says them); empty for one that has none."""
        name = CUSTOM + field_name.removeprefix("custom.") if field_name.startswith("custom.") else field_name
        return next((column.name for column in self._columns if column.field.name == name), "")

    def convert(self, row: Row) -> Item | Fault:
        """The row's item, or why a cell of it cannot be read."""
        if row.fault is not None:
            return row.fault
        values: dict[str, Any] = dict(self._defaults)
        own: dict[str, Any] = dict(self._own_defaults)
        for column in self._columns:
            text = row.cells[column.index]
            if not text or (column.field.kind in _TYPED and text.lower() in _NOTHING):
                continue
            if column.words is not None:
                ours = column.words.ours(text)
                if ours is None:
                    detail = _("“%(text)s” is to be refused.") % {"text": text[:40]}
                    return Fault("refused_word", detail, column.name)
                if not ours:
                    continue
                text = ours
            try:
                value = column.reader(text)
            except Invalid as error:
                return Fault(error.specific_code, str(error.detail), column.name)
            if column.field.name.startswith(CUSTOM):
                own[column.field.name.removeprefix(CUSTOM)] = value
            else:
                values[column.field.name] = value
        if own:
            values["custom"] = own
        return Item(row.number, values)

    def _reader(self, field: Field) -> Reader:
        """How cells of a field are read."""
        decimal: Any = self._settings.decimal
        order: Any = self._settings.date_order
        readers: dict[str, Reader] = {
            "day": partial(read.parse_day, order=order),
            "moment": partial(read.parse_moment, order=order, zone=self._zone),
            "money": partial(read.parse_money, decimal=decimal),
            "number": partial(read.parse_number, decimal=decimal),
            "whole": partial(_whole, decimal=decimal),
            "year": partial(_year, order=order),
            "yes_no": read.parse_yes_no,
            "email": _email,
            "currency": str.upper,
        }
        if field.name.startswith(CUSTOM):
            return partial(_own, field=field, reader=readers.get(field.kind, str))
        return readers.get(field.kind, str)


def _whole(text: str, decimal: Any) -> int:
    """A whole number; of a range such as ``51-200`` the lower end, as HubSpot and LinkedIn write company sizes."""
    span = re.fullmatch(r"\s*(\d[\d\s.,]*?)\s*(?:-|\u2013|to|à)\s*\d[\d\s.,]*\s*\w*|\s*(\d[\d\s.,]*)\+", text)
    return read.parse_whole(next(filter(None, span.groups())) if span else text, decimal)


def _year(text: str, order: Any) -> int:
    if re.fullmatch(r"\d{4}(?:[.,]0+)?", text):
        return int(text[:4])
    return read.parse_day(text, order).year


def _email(text: str) -> str:
    """An address, out of ``Name <address>`` and ``mailto:`` too."""
    found = re.search(r"<([^<>\s]+@[^<>\s]+)>\s*$", text)
    return (found[1] if found else text.strip()).removeprefix("mailto:")


def _own(text: str, field: Field, reader: Reader) -> Any:
    """A value of an own field in the form in which ``leads`` takes it."""
    if field.kind == "choices":
        return [_choice(part.strip(), field) for part in re.split(r"[;|]", text) if part.strip()]
    if field.kind == "choice":
        return _choice(text, field)
    value = reader(text)
    if field.kind == "money":
        number, currency = value
        return {"amount": str(number), "currency": currency or "EUR"}
    return value.isoformat() if isinstance(value, dt.date) else value


def _choice(text: str, field: Field) -> str:
    for value, _label in field.choices:
        if fold(value) == fold(text):
            return value
    raise Invalid(_("“%(text)s” is none of the choices.") % {"text": text[:40]}, code="unknown_choice")
