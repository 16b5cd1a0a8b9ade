"""The timeline of a record: what happened with it, newest first. Each app registers what it knows, in ``ready``.

A source takes the page's reading (reader, record, what belongs to it), how many to answer and before which moment; it starts
from what the reader sees.
The journal is the first source, so that a lead's own steps stand there from its first day.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.safestring import SafeString

from crm.records.reading import Reading

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One stop. ``line``, ``who`` and ``icon`` as ``{% stop %}`` takes them; ``is_touch``: somebody was reached or tried.

    ``ahead``: planned. ``lines``: sentences below the title; ``body``: drawn markup in their place.
    """

    at: datetime
    title: str
    by: str = ""
    line: str = "inside"
    who: str = ""
    icon: str = ""
    lines: tuple[str, ...] = ()
    body: SafeString = field(default_factory=SafeString)
    ahead: bool = False
    is_touch: bool = False


Source = Callable[[Reading, int, datetime | None], Iterable[Entry]]
_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    """Add what ``source`` knows to every timeline."""
    if name in _sources:
        raise ValueError(f"The timeline has {name} already.")
    _sources[name] = source


def entries(reading: Reading, *, limit: int = SHOWN, before: datetime | None = None) -> list[Entry]:
    """The newest ``limit`` of all sources together, those before ``before``; what is planned stands first."""
    found = [entry for source in _sources.values() for entry in source(reading, limit, before)]
    return heapq.nlargest(limit, found, key=lambda entry: (entry.ahead, entry.at))


def touches_in(story: Iterable[Entry], *, limit: int = 3) -> list[Entry]:
    """The last times somebody reached them or tried."""
    return [entry for entry in story if entry.is_touch and not entry.ahead][:limit]
