"""Columns that lists are walked by: a record's own, or ``part__column`` of the one row that each record has beside it, as a
lead its score. The pagers of the API and of the record lists share these.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model


def field_of(model: type[Model], name: str) -> Any:
    """The field behind ``name``."""
    part, _, column = name.rpartition("__")
    holder: Any = model._meta.get_field(part).related_model if part else model
    return holder._meta.get_field(column)


def value_of(row: Any, name: str) -> Any:
    part, _, column = name.rpartition("__")
    return getattr(getattr(row, part) if part else row, column)


def key_beside(name: str) -> str:
    """The id in the table of ``name``: one index holds both, so it answers their order."""
    part, _, _column = name.rpartition("__")
    return f"{part}__pk" if part else "pk"
