"""Rows of tables at the speed of an import: instances without the costs of ``__init__``, and COPY in its text form.

Both follow from a model's columns, worked out once per model. A row costs a few microseconds here, some hundred by
``Model(...)`` and ``save``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.base import ModelState
from psycopg import sql

ModelT = TypeVar("ModelT", bound=models.Model)

# Lines sent at once: Postgres works on them while the next ones are written.
AT_ONCE = 500


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


def copy_records(records: Sequence[models.Model]) -> None:
    """Insert records of one model; keys that the database counts up are left to it."""
    if records:
        model = type(records[0])
        names = _columns(model)
        copy_rows(model, names, (map(record.__dict__.__getitem__, names) for record in records))


@cache
def _columns(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if not isinstance(field, models.AutoField))


def copy_rows(model: type[models.Model], names: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Insert rows given as values of the columns ``names``, in the caller's transaction and under all constraints."""
    write = _TEXT.get
    lines = ("\t".join([write(type(value), _other)(value) for value in row]) for row in rows)
    some = "\n".join(islice(lines, AT_ONCE))
    if not some:
        return
    wrapped = connection.wrap_database_errors  # COPY goes past Django's cursor: its errors must still be Django's
    with connection.cursor() as cursor, wrapped, cursor.copy(_statement(model, tuple(names))) as copy:
        while some:
            copy.write(f"{some}\n")
            some = "\n".join(islice(lines, AT_ONCE))


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
