"""The records a chunk may mean, found once for the whole chunk and kept by the keys they go by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from django.db.models import F, Value

from crm.core.models import BaseModel
from crm.core.querysets import AnyOf
from leads.services.bulk.memory import Memory

RecordT = TypeVar("RecordT", bound=BaseModel)
Query = Callable[[list[Any]], Iterable[tuple[Hashable, Any]]]


def among(column: str, values: Iterable[Hashable]) -> Any:
    """For ``filter``: rows whose ``column`` (also of a linked row) is one of ``values``."""
    return AnyOf(F(column), Value(list(values)))


class Directory:
    """Shelves of records by key. A record is one object here, however many keys lead to it.

    In a dry run nothing is written, so what earlier chunks made or changed is remembered in ``memory`` and comes before the
    database.
    """

    def __init__(self, memory: Memory | None = None) -> None:
        self.memory = memory
        self._shelves: dict[str, dict[Hashable, list[Any]]] = defaultdict(dict)
        self._by_id: dict[Any, Any] = {}
        self._fresh: dict[Any, BaseModel] = {}
        self._fresh_keys: list[tuple[str, Hashable, Any]] = []

    def load(self, shelf: str, keys: Iterable[Hashable], query: Query) -> None:
        """Find the records of ``keys`` not looked up yet; ``query`` answers ``(key, record)`` pairs from the database."""
        known = self._shelves[shelf]
        wanted = [key for key in dict.fromkeys(keys) if key not in known]
        if not wanted:
            return
        known.update((key, []) for key in wanted)
        found = list(query(wanted))
        if self.memory is not None:
            current = self.memory.records(record.pk for _key, record in found)
            found = [(key, current.get(record.pk, record)) for key, record in found]
            found += self.memory.find(shelf, wanted)
        for key, record in found:
            self._put(known[key], self._by_id.setdefault(record.pk, record))

    def get(self, key: Any) -> Any:
        """The record of this id, if it was looked up or made; None if not."""
        return self._by_id.get(key)

    def find(self, shelf: str, key: Hashable) -> list[Any]:
        return self._shelves[shelf].get(key, [])

    def add(self, shelf: str, key: Hashable, record: BaseModel) -> None:
        """A record made or reached just now goes by ``key`` from here on."""
        self._by_id.setdefault(record.id, record)
        self._put(self._shelves[shelf].setdefault(key, []), record)
        if self.memory is not None:
            self._fresh_keys.append((shelf, key, record.pk))
            self.touch(record)

    def touch(self, record: BaseModel) -> None:
        """The record differs from what the database has."""
        if self.memory is not None:
            self._fresh[record.pk] = record

    def remember(self) -> None:
        """At the end of a dry chunk: keep what the next chunks must know."""
        if self.memory is not None:
            self.memory.keep(self._fresh.values(), self._fresh_keys)

    def every(self, model: type[RecordT]) -> list[RecordT]:
        """All records of a kind that were looked up."""
        return [record for record in self._by_id.values() if isinstance(record, model)]

    @staticmethod
    def _put(records: list[Any], record: Any) -> None:
        if all(record is not other for other in records):
            records.append(record)
