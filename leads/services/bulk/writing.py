"""What a chunk writes: new rows by COPY, changed rows by one UPDATE per kind, a journal row for each record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from django.db import models

from accounts.models import User
from crm.core import context
from crm.core.models import BaseModel, JournalEntry
from leads.services import custom
from leads.services.bulk.rows import Copying

# Tables in the order in which their rows may refer to each other.
ORDER = (
    "leads.product", "leads.campaign", "leads.reason", "leads.company", "leads.site", "leads.contact", "leads.phone", "leads.email",
    "leads.lead", "leads.deal", "leads.stagechange", "leads.dealline", "leads.dealsplit", "leads.customvalue",
)  # fmt: skip
JOURNALLED = {
    "leads.product": "product", "leads.campaign": "campaign", "leads.company": "company", "leads.contact": "contact",
    "leads.lead": "lead", "leads.deal": "deal",
}  # fmt: skip
# Rows that belong to another, and the links that say to which.
PARTS = {
    "leads.site": ("company_id",), "leads.phone": ("company_id", "contact_id"), "leads.email": ("company_id", "contact_id"),
    "leads.stagechange": ("deal_id",), "leads.dealline": ("deal_id",), "leads.dealsplit": ("deal_id",),
}  # fmt: skip
# Columns that Tandem keeps for itself: of no interest to whoever reads the history.
_OWN = frozenset({"id", "created_at", "updated_at", "version", "search_words", "name_key", "key", "stage_since"})


class Writing:
    """Collects new and changed records in the order in which they come; ``copy_new`` and ``update_changed`` write them all."""

    def __init__(self, *, actor: User, now: datetime) -> None:
        self.actor, self.now = actor, now
        self.new: dict[str, list[Any]] = defaultdict(list)
        self.changed: dict[str, dict[Any, tuple[BaseModel, dict[str, Any]]]] = defaultdict(dict)
        self._new_ids = set[Any]()
        # What the item under way made and changed, ``(record, before)``; None stands for "made".
        self.row: list[tuple[Any, dict[str, Any] | None]] = []

    def begin_row(self) -> None:
        self.row = []

    def add(self, record: models.Model) -> None:
        label, values = record._meta.label_lower, record.__dict__
        self.new[label].append(record)
        # A part of something made in this chunk comes and goes with it.
        if not any(values[holder] in self._new_ids for holder in PARTS.get(label, ())):
            self.row.append((record, None))
        self._new_ids.add(values["id"])

    def fill(self, record: BaseModel, values: dict[str, Any]) -> dict[str, Any]:
        """Set what differs and is not empty; answers the values replaced. A blank never takes away what is known."""
        before = {
            name: getattr(record, name)
            for name, value in values.items()
            if value not in (None, "", {}) and getattr(record, name) != value
        }
        for name in before:
            setattr(record, name, values[name])
        if before:
            self.change(record, before)
        return before

    def change(self, record: BaseModel, before: dict[str, Any]) -> None:
        """The record has new values in the columns of ``before``; a version is raised once per chunk."""
        if record.id in self._new_ids:
            return
        self.row.append((record, dict(before)))
        known = self.changed[record._meta.label_lower]
        if record.id in known:
            known[record.id] = record, before | known[record.id][1]
            return
        record.version += 1
        record.updated_at = self.now
        known[record.id] = record, dict(before)

    def copy_new(self, copying: Copying, dress: Callable[[str], None]) -> None:
        """Send the new rows, table by table; ``dress`` gives those of a table what is derived, just before."""
        for label in ORDER:
            dress(label)
            copying.records(self.new.get(label, []))
        copying.rows(JournalEntry, _ENTRY, self._entries())

    def update_changed(self) -> None:
        for known in self.changed.values():
            for records, columns in _by_columns(known.values()):
                type(records[0])._base_manager.bulk_update(
                    records, [*columns, "version", "updated_at"], batch_size=1_000
                )

    def _entries(self) -> Iterator[tuple[Any, ...]]:
        """A journal row for each record made or changed, as ``journal.entry`` makes it."""
        by = (self.now, self.actor.pk, context.door.get(), context.request_id.get())
        for label, noun in JOURNALLED.items():
            event = f"{noun}.created"
            for row in self.new.get(label, ()):
                yield (*by, event, label, row.id, row.version, _birth(row))
            event = f"{noun}.changed"
            for row, before in self.changed.get(label, {}).values():
                yield (*by, event, label, row.id, row.version, _change(row, before))


_ENTRY = (
    "at",
    "actor_id",
    "actor_label",
    "request_id",
    "event",
    "object_type",
    "object_id",
    "object_version",
    "changes",
)
_EMPTY = (type(None), str, list, dict)


def _birth(row: Any) -> dict[str, list[Any]]:
    """Every value of a new record that is not empty, from nothing; own fields one by one."""
    values = row.__dict__
    changes = {
        name: [None, value]
        for name, column in _told(row._meta.model)
        if (value := values[column]) or type(value) not in _EMPTY
    }
    if own := changes.pop("custom", None):
        changes |= {f"custom.{key}": [None, value] for key, value in own[1].items()}
    return changes


@cache
def _told(model: Any) -> list[tuple[str, str]]:
    """The fields that a history tells, with their columns."""
    return [(field.name, field.attname) for field in model._meta.concrete_fields if field.name not in _OWN]


def _change(row: Any, before: dict[str, Any]) -> dict[str, list[Any]]:
    changes = {
        name: [before[given], getattr(row, given)]
        for name, column in _told(row._meta.model)
        for given in {name, column} & before.keys()
    }
    if own := changes.pop("custom", None):
        changes |= {name: list(pair) for name, pair in custom.differences(*own).items()}
    return changes


def _by_columns(known: Iterable[tuple[BaseModel, dict[str, Any]]]) -> Iterable[tuple[list[BaseModel], list[str]]]:
    """Records that changed in the same columns, together."""
    groups: dict[tuple[str, ...], list[BaseModel]] = defaultdict(list)
    for record, before in known:
        groups[tuple(sorted(before))].append(record)
    for columns, records in groups.items():
        yield records, [record_field.name for record_field in (records[0]._meta.get_field(name) for name in columns)]
