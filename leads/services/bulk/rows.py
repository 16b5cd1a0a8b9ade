"""Rows of tables at the speed of an import: instances without the costs of ``__init__``, and COPY in its text form.

Both follow from a model's columns, worked out once per model. A row costs a few microseconds here, some hundred by
``Model(...)`` and ``save``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import islice, repeat
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.base import ModelState
from psycopg import sql

ModelT = TypeVar("ModelT", bound=models.Model)

# Lines sent at once: Postgres works on them while the next ones are written.
AT_ONCE = 250


def make(model: type[ModelT], **values: Any) -> ModelT:
    """A new row as ``model(**values)`` makes it. ``values`` are by column (``company_id``, not ``company``)."""
    plain, called = _defaults(model)
    record = model.__new__(model)
    record.__dict__ = {"_state": ModelState(), **plain, **values}
    for name, default in called:
        if name not in values:
            record.__dict__[name] = default()
    return record


@cache
def _defaults(model: type[models.Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """What a row has before anybody says anything: values, and calls that make one."""
    plain: dict[str, Any] = {}
    called: list[tuple[str, Callable[[], Any]]] = []
    for field in model._meta.concrete_fields:
        if field.has_default() and callable(field.default):
            called.append((field.attname, field.default))
        else:
            value = field.get_default()
            plain[field.attname] = value.value if isinstance(value, Enum) else value
    return plain, called


class Copying:
    """Inserts rows by COPY in a thread of its own: Postgres takes rows in while the next ones are written out here.

    A context manager inside the caller's transaction; until it ends the connection is the thread's. What the database
    objects to is raised at the end, as Django's error. All constraints hold, foreign keys too: checked with each table
    and not at commit, so that this work overlaps as well.
    """

    def __enter__(self) -> Self:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self._blocks = SimpleQueue[tuple[sql.Composed, str] | None]()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="copy")
        self._sent = self._pool.submit(self._send, connection.connection)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blocks.put(None)
        self._pool.shutdown()
        if kind is None:
            with connection.wrap_database_errors:
                self._sent.result()

    def _send(self, raw: Any) -> None:
        with raw.cursor() as cursor:
            block = self._blocks.get()
            while block is not None:
                statement = block[0]
                with cursor.copy(statement) as copy:
                    while block is not None and block[0] is statement:
                        copy.write(block[1])
                        block = self._blocks.get()

    def records(self, records: Sequence[models.Model]) -> None:
        """Records of one model; keys that the database counts up are left to it."""
        if records:
            model = type(records[0])
            names = _columns(model)
            self.rows(model, names, (map(record.__dict__.__getitem__, names) for record in records))

    def rows(self, model: type[models.Model], names: tuple[str, ...], rows: Iterable[Iterable[Any]]) -> None:
        """Rows as values of the columns ``names``."""
        rest = iter(rows)
        while some := list(islice(rest, AT_ONCE)):
            self.lines(model, names, map("\t".join, zip(*map(_column, zip(*some, strict=True)), strict=True)))

    def lines(self, model: type[models.Model], names: tuple[str, ...], lines: Iterator[str]) -> None:
        """Rows that are written already: ids as hexadecimal digits, columns parted by tabs."""
        statement = _statement(model, names)
        while some := "\n".join(islice(lines, AT_ONCE)):
            self._blocks.put((statement, f"{some}\n"))


@cache
def _columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))


@cache
def _statement(model: type[models.Model], names: tuple[str, ...]) -> sql.Composed:
    columns = {field.attname: str(field.column) for field in model._meta.concrete_fields}
    listed = sql.SQL(", ").join(sql.Identifier(columns[name]) for name in names)
    return sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), listed)


# --- Values as COPY reads them ----------------------------------------------------------------------------------------

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _text(value: str) -> str:
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPED)


def plain(value: Any) -> Any:
    """What JSON has no form for, in the journal's: ISO times, ids and decimals as text."""
    return value.isoformat() if isinstance(value, date) else str(value)


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=plain).encode


def _other(value: Any) -> str:
    """Decimals, days and times, and members of an enumeration."""
    return _text(str(value))


def _column(values: tuple[Any, ...]) -> Iterable[str]:
    """The values of a column. Most columns of a file's rows say one thing throughout, or hold plain text."""
    first = values[0]
    if values.count(first) == len(values):
        return repeat(_TEXT.get(type(first), _other)(first), len(values))
    if set(map(type, values)) == {str}:
        joined = "".join(values)
        if joined.isprintable() and "\\" not in joined:
            return values
    return [_TEXT.get(type(value), _other)(value) for value in values]


_TEXT: dict[type, Callable[[Any], str]] = {
    type(None): lambda _value: "\\N",
    bool: lambda value: "t" if value else "f",
    str: _text,
    int: str,
    UUID: lambda value: f"{value.int:032x}",
    datetime: str,
    Decimal: str,
    dict: lambda value: _text(_json(value)),
    list: lambda value: _text(_json(value)),
}
