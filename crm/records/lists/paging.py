"""Pages of a list by place, not by number: page 20,000 costs what page 1 costs, and nothing is skipped or shown twice.

A place is the value of the order's column and the id of a row, signed, as in ``crm.core.api.pagination``; beside the API
these pages also lead back, and rows without a value stand last whichever way the list is sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Model, QuerySet
from django.db.models.expressions import OrderBy
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from crm.core.keyset import field_of, key_beside, value_of

RowT = TypeVar("RowT", bound=Model)
_signer = signing.Signer(salt="crm.records.lists.paging")
FORWARD, BACK = "f", "b"


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """The rows, and the cursors of the pages around them (empty: there is none)."""

    rows: list[RowT]
    previous: str
    following: str


@dataclass(frozen=True, slots=True)
class Place:
    """Beside which row to go on: its id, and its value in the order's column (None: it has none)."""

    way: str
    value: Any
    key: UUID


def page_of(rows: QuerySet[RowT], order: str, cursor: str, size: int) -> Page[RowT]:
    """The page of ``rows`` at ``cursor``, sorted by the column ``order`` (``-`` descending), ties by the id.

    A cursor that this list did not make opens the first page.
    """
    walk = _Walk(rows, order)
    place = walk.read(cursor)
    back = place is not None and place.way == BACK
    found = walk.beyond(place, back=back, limit=size + 1)
    more, found = len(found) > size, found[:size]
    if back:
        found.reverse()
    if not found:
        return Page([], "", "")
    before, after = (more, True) if back else (place is not None, more)
    return Page(
        found,
        walk.write(BACK, found[0]) if before else "",
        walk.write(FORWARD, found[-1]) if after else "",
    )


class _Walk(Generic[RowT]):
    """One order of one list. Rows with a value come first, those without after them: two stretches, each by an index."""

    def __init__(self, rows: QuerySet[RowT], order: str) -> None:
        self.rows, self.order = rows, order
        self.name, self.descending = order.removeprefix("-"), order.startswith("-")
        self.field: Any = field_of(rows.model, self.name)
        self.key = key_beside(self.name)
        if part := self.name.rpartition("__")[0]:  # joined inside, so that the index of that table answers the order
            self.rows = rows.filter(**{f"{part}__isnull": False})

    def beyond(self, place: Place | None, *, back: bool, limit: int) -> list[RowT]:
        """Up to ``limit`` rows behind ``place`` (before it when going ``back``, nearest first)."""
        empty_ones = [False, True] if self.field.null else [False]
        if back:
            empty_ones.reverse()
        if place is not None:
            empty_ones = empty_ones[empty_ones.index(self._is_empty(place)) :]
        found: list[RowT] = []
        for empty in empty_ones:
            start = place if place is not None and empty == self._is_empty(place) else None
            found += self._stretch(empty, start, back)[: limit - len(found)]
            if len(found) == limit:
                break
        return found

    def _is_empty(self, place: Place) -> bool:
        return bool(self.field.null) and place.value is None

    def _stretch(self, empty: bool, place: Place | None, back: bool) -> QuerySet[RowT]:
        rows = self.rows.filter(**{f"{self.name}__isnull": empty}) if self.field.null else self.rows
        names = [self.key] if empty else [self.name, self.key]
        down = self.descending != back
        rows = rows.order_by(*(OrderBy(F(name), descending=down) for name in names))
        if place is None:
            return rows
        beyond = TupleLessThan if down else TupleGreaterThan
        if empty:
            return rows.filter(**{f"{self.key}__lt" if down else f"{self.key}__gt": place.key})
        return rows.filter(beyond(Tuple(F(self.name), F(self.key)), (place.value, place.key)))

    def write(self, way: str, row: RowT) -> str:
        said: str = _signer.sign_object([self.order, way, _plain(value_of(row, self.name)), str(row.pk)])
        return said

    def read(self, cursor: str) -> Place | None:
        try:
            order, way, value, key = _signer.unsign_object(cursor)
            typed = None if value is None else self.field.to_python(value)
            return Place(way, typed, UUID(key)) if order == self.order else None
        except (signing.BadSignature, ValidationError, ValueError, TypeError):
            return None


def _plain(value: Any) -> Any:
    match value:
        case UUID() | Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value
