"""The journal: one row per change, in the change's transaction; audit trail, change feed, source of webhooks."""

from __future__ import annotations

import base64
import binascii
import enum
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan

from crm.core import clock, context
from crm.core.errors import Invalid
from crm.core.models import BaseModel, JournalEntry, column_of
from crm.core.policy import Person

# Fields whose values never reach the journal: that they changed is said, what to is not.
SECRET_FIELDS = frozenset({"password", "secret", "digest", "content"})
HIDDEN = "•••"


_waiting: ContextVar[list[JournalEntry] | None] = ContextVar("waiting", default=None)


class NoTransaction(RuntimeError):
    """A journal row without the transaction of its change would not stand or fall with it."""


def record(*, actor: Person | None, event: str, instance: BaseModel, changes: Mapping[str, Iterable[Any]] = {}) -> None:
    """Write one journal row for ``instance``; ``changes`` is ``{field: (before, after)}``.

    ``event`` is ``<noun>.<past verb>``. ``actor`` is None when Tandem itself acted. Raises ``NoTransaction`` outside
    ``transaction.atomic``.
    """
    if not connection.in_atomic_block:
        raise NoTransaction(f"{event} was recorded outside a transaction.")
    row = entry(actor=actor, event=event, instance=instance, changes=changes)
    waiting = _waiting.get()
    if waiting is None:
        row.save(force_insert=True)
    else:
        waiting.append(row)


def entry(
    *, actor: Person | None, event: str, instance: BaseModel, changes: Mapping[str, Iterable[Any]] = {}
) -> JournalEntry:
    """The row that ``record`` writes, unsaved: for bulk work, which writes many at once in its changes' transaction."""
    return JournalEntry(
        at=clock.now(),
        event=event,
        actor_id=actor.id if actor else None,
        actor_label=context.door.get(),
        object_type=instance._meta.label_lower,
        object_id=instance.pk,
        object_version=instance.version,
        changes={name: _pair(name, pair) for name, pair in changes.items()},
        request_id=context.request_id.get(),
    )


@contextmanager
def together() -> Iterator[None]:
    """Write the rows recorded inside by one statement, when the block ends; not at all when it fails.

    For a verb that writes several records. The block is inside the verb's transaction.
    """
    if _waiting.get() is not None:  # inside another one, which will write them
        yield
        return
    entries: list[JournalEntry] = []
    token = _waiting.set(entries)
    try:
        yield
    finally:
        _waiting.reset(token)
    JournalEntry.objects.bulk_create(entries)


def snapshot(instance: models.Model, fields: Iterable[str]) -> dict[str, Any]:
    """The present values of ``fields`` (foreign keys as ids), to be compared after the change by ``differences``."""
    return {name: _value(instance, name) for name in fields}


def differences(before: Mapping[str, Any], instance: models.Model) -> dict[str, tuple[Any, Any]]:
    """``{field: (before, after)}`` for those that really changed."""
    after = snapshot(instance, before)
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def creation(instance: models.Model, fields: Iterable[str]) -> dict[str, tuple[Any, Any]]:
    """The changes of a new row: every given field that is not empty, from nothing."""
    return {
        name: (None, value) for name, value in snapshot(instance, fields).items() if value not in (None, "", [], {})
    }


def _value(instance: models.Model, name: str) -> Any:
    value = getattr(instance, column_of(instance, name))
    return sorted(value) if isinstance(value, set | frozenset) else list(value) if isinstance(value, list) else value


def _pair(name: str, pair: Iterable[Any]) -> list[Any]:
    before, after = pair
    if name in SECRET_FIELDS:
        return [HIDDEN if before else None, HIDDEN if after else None]
    return [_plain(before), _plain(after)]


def _plain(value: Any) -> Any:
    """A JSON form that reads the same everywhere: ISO times, decimals as text."""
    match value:
        case None | bool() | int() | str() if not isinstance(value, enum.Enum):
            return value
        case enum.Enum():
            return value.value
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID() | Decimal():
            return str(value)
        case Mapping():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            raise TypeError(f"The journal does not know how to write {type(value).__name__}.")


# --- Reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the journal: everything at or before it has been read. Orders as the journal does."""

    generation: int = 0
    transaction: int = 0
    position: int = 0

    def encode(self) -> str:
        return base64.urlsafe_b64encode(".".join(map(str, astuple(self))).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Self:
        """The cursor that ``encode`` wrote. Raises ``errors.Invalid`` for anything else."""
        try:
            parts = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii").split(".")
            generation, transaction_id, position = (int(part) for part in parts)
        except (ValueError, binascii.Error, UnicodeDecodeError) as error:
            raise Invalid("This cursor was not made by Tandem.", field="cursor", code="bad_cursor") from error
        if min(generation, transaction_id, position) < 0 or max(generation, transaction_id, position) >= 2**63:
            raise Invalid("This cursor was not made by Tandem.", field="cursor", code="bad_cursor")
        return cls(generation, transaction_id, position)

    @classmethod
    def of(cls, entry: JournalEntry) -> Self:
        return cls(entry.generation, entry.transaction, entry.position)


class Reader:
    """Reads the journal in batches and never steps over a row that commits late.

    Row numbers are handed out before commit, so "greater than the last one seen" skips rows of transactions that were
    still open (reliability M9: 301 of 800 missed). Every row carries its writer's transaction id. All ids below the
    oldest one still running (``pg_snapshot_xmin``) are settled: their rows are visible now or never will be. Reading
    only those, in order of transaction, misses nothing and needs no lock; one long transaction delays, never loses.
    Transaction ids are the server's: a long write in another of its databases delays as well.
    """

    def __init__(self, *, types: Iterable[str] = (), events: Iterable[str] = ()) -> None:
        """Limit to object types (``"accounts.user"``) or event names; empty means all."""
        self._filter = Q()
        if types := tuple(types):
            self._filter &= Q(object_type__in=types)
        if events := tuple(events):
            self._filter &= Q(event__in=events)

    def after(self, cursor: Cursor, *, limit: int = 100) -> tuple[list[JournalEntry], Cursor]:
        """Up to ``limit`` settled entries after ``cursor``, oldest first, and the cursor to continue from."""
        rows = JournalEntry.objects.filter(self._filter, _later_than(cursor), transaction__lt=OldestRunning())
        entries = list(rows.order_by("generation", "transaction", "position")[:limit])
        return entries, Cursor.of(entries[-1]) if entries else cursor


class OldestRunning(models.Func):
    """The lowest transaction id still open anywhere in the cluster, as this statement's snapshot sees it."""

    function = "pg_current_snapshot"
    template = "(pg_snapshot_xmin(%(function)s())::text::bigint)"
    output_field = models.BigIntegerField()


def _later_than(cursor: Cursor) -> TupleGreaterThan:
    """``(generation, transaction, position) > cursor`` as one row comparison, which the index answers in order."""
    place = Tuple(F("generation"), F("transaction"), F("position"))
    return TupleGreaterThan(place, astuple(cursor))


# --- Retention -------------------------------------------------------------------------------------------------------


def prune(*, older_than: datetime, limit: int = 5_000) -> int:
    """Delete up to ``limit`` entries older than ``older_than``: the only way out, the database refuses any other."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL tandem.journal_retention = 'on'")
        cursor.execute(
            "DELETE FROM core_journalentry WHERE position IN "
            "(SELECT position FROM core_journalentry WHERE at < %s ORDER BY at LIMIT %s)",
            [older_than, limit],
        )
        return int(cursor.rowcount)
