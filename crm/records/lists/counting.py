"""How many rows a list has, without counting a million of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from typing_extensions import override

from crm.core import formats

# Counted exactly up to here; beyond, "more than" says enough.
COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class Count:
    """``number`` rows; ``more``: at least that many; ``about``: the database's own estimate."""

    number: int
    more: bool = False
    about: bool = False

    @override
    def __str__(self) -> str:
        number = formats.number(self.number)
        if self.about:
            return _("about %(number)s") % {"number": number}
        return _("more than %(number)s") % {"number": number} if self.more else number


def count(rows: QuerySet[Any], *, whole_table: bool) -> Count:
    """``whole_table``: nothing narrows ``rows``, so that the planner's estimate of the table is theirs."""
    found = rows.order_by()[: COUNTED + 1].count()
    if found <= COUNTED:
        return Count(found)
    estimate = _estimate(rows.model) if whole_table else 0
    return Count(estimate, about=True) if estimate > COUNTED else Count(COUNTED, more=True)


def _estimate(model: type[Model]) -> int:
    """Rows of the table as of the last ANALYZE or VACUUM; -1 before the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples::bigint FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table])
        return int(cursor.fetchone()[0])
