"""What a dry run would have written, kept in a temporary file: later rows may mean records that earlier rows would make.

In a file, not in memory, so that a million rows are tried with flat memory; not in the database, so that a trial locks
nobody's record and holds no transaction open.
"""

from __future__ import annotations

import json
import pickle
import sqlite3
from collections.abc import Hashable, Iterable
from itertools import islice
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from crm.core.models import BaseModel

AT_ONCE = 500


class Memory:
    """Records by id and by key, and how far the trial is. A context manager.

    Without ``path`` it is gone when closed. With one, a trial cut short goes on where ``commit`` was called last.
    """

    def __init__(self, path: str = "") -> None:
        self._file = sqlite3.connect(path, isolation_level=None)  # "" is a temporary file of SQLite's own
        self._file.executescript(
            """
            PRAGMA synchronous = OFF;
            CREATE TABLE IF NOT EXISTS records (id BLOB PRIMARY KEY, body BLOB) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS keys (key TEXT, id BLOB, PRIMARY KEY (key, id)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS state (body TEXT);
            """
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def state(self) -> dict[str, int]:
        """What the last ``commit`` was given; empty at the beginning."""
        row = self._file.execute("SELECT body FROM state").fetchone()
        return json.loads(row[0]) if row else {}

    def commit(self, state: dict[str, int]) -> None:
        """A chunk is done: what it kept and how far the trial is stand together."""
        if not self._file.in_transaction:
            self._file.execute("BEGIN")
        self._file.execute("DELETE FROM state")
        self._file.execute("INSERT INTO state VALUES (?)", [json.dumps(state)])
        self._file.execute("COMMIT")

    def records(self, ids: Iterable[UUID]) -> dict[UUID, Any]:
        """Those of ``ids`` that the trial made or changed."""
        found = dict[UUID, Any]()
        for some in _in_parts(dict.fromkeys(ids)):
            rows = self._file.execute(
                f"SELECT id, body FROM records WHERE id IN ({_marks(some)})",  # noqa: S608 (question marks)
                [key.bytes for key in some],
            )
            found |= {UUID(bytes=key): pickle.loads(body) for key, body in rows}  # noqa: S301 (our own, unnamed file)
        return found

    def find(self, shelf: str, keys: Iterable[Hashable]) -> list[tuple[Hashable, Any]]:
        """``(key, record)`` for those of ``keys`` that the trial put on ``shelf``."""
        wanted = {_text(shelf, key): key for key in keys}
        pairs = list[tuple[str, UUID]]()
        for some in _in_parts(wanted):
            rows = self._file.execute(f"SELECT key, id FROM keys WHERE key IN ({_marks(some)})", some)  # noqa: S608
            pairs += [(key, UUID(bytes=id_)) for key, id_ in rows]
        records = self.records(id_ for _key, id_ in pairs)
        return [(wanted[key], records[id_]) for key, id_ in pairs]

    def keep(self, records: Iterable[BaseModel], keys: Iterable[tuple[str, Hashable, UUID]]) -> None:
        """Part of a chunk, until ``commit``."""
        if not self._file.in_transaction:
            self._file.execute("BEGIN")
        rows = ((record.pk.bytes, pickle.dumps(record, pickle.HIGHEST_PROTOCOL)) for record in records)
        self._file.executemany("INSERT OR REPLACE INTO records VALUES (?, ?)", rows)
        pairs = ((_text(shelf, key), id_.bytes) for shelf, key, id_ in keys)
        self._file.executemany("INSERT OR IGNORE INTO keys VALUES (?, ?)", pairs)


def _text(shelf: str, key: Hashable) -> str:
    return f"{shelf}\x1f{key!r}"


def _marks(values: list[Any]) -> str:
    return ",".join("?" * len(values))


def _in_parts(values: Iterable[Any]) -> Iterable[list[Any]]:
    rest = iter(values)
    while part := list(islice(rest, AT_ONCE)):
        yield part
