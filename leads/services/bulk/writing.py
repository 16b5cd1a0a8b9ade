"""What a chunk writes: new rows by COPY, changed rows by one UPDATE per kind, a journal row for each record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models
from psycopg.types.json import Jsonb

from accounts.models import User
from crm.core import journal
from crm.core.models import BaseModel, JournalEntry

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
    "leads.site": ("company",), "leads.phone": ("company", "contact"), "leads.email": ("company", "contact"),
    "leads.stagechange": ("deal",), "leads.dealline": ("deal",), "leads.dealsplit": ("deal",),
}  # fmt: skip
# Columns that Tandem keeps for itself: of no interest to whoever reads the history.
_OWN = frozenset(
    {"id", "created_at", "updated_at", "version", "search_words", "name_key", "key", "score_due_at", "stage_since"}
)


class Writing:
    """Collects new and changed records in the order in which they come; ``flush`` writes them all."""

    def __init__(self, *, actor: User, now: datetime) -> None:
        self.actor, self.now = actor, now
        self.new: dict[str, list[models.Model]] = defaultdict(list)
        self.changed: dict[str, dict[Any, tuple[BaseModel, dict[str, Any]]]] = defaultdict(dict)
        self._new_ids = set[Any]()
        # What the item under way made and changed, ``(record, before)``; None stands for "made".
        self.row: list[tuple[models.Model, dict[str, Any] | None]] = []

    def begin_row(self) -> None:
        self.row = []

    def add(self, record: models.Model) -> None:
        self.new[record._meta.label_lower].append(record)
        if not self._holder_is_new(record):
            self.row.append((record, None))
        self._new_ids.add(record.pk)

    def _holder_is_new(self, record: models.Model) -> bool:
        """A part of something made in this chunk comes and goes with it."""
        holders = (getattr(record, f"{name}_id", None) for name in PARTS.get(record._meta.label_lower, ()))
        return any(holder in self._new_ids for holder in holders if holder is not None)

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
        if record.pk in self._new_ids:
            return
        self.row.append((record, dict(before)))
        known = self.changed[record._meta.label_lower]
        if record.pk in known:
            known[record.pk] = record, before | known[record.pk][1]
            return
        record.version += 1
        record.updated_at = self.now
        known[record.pk] = record, dict(before)

    def flush(self) -> None:
        """Write everything, inside the caller's transaction."""
        entries = []
        for label in ORDER:
            rows = self.new.get(label, [])
            copy_in(rows)
            if label in JOURNALLED:
                entries += [self._born(label, row) for row in rows]
        for label, known in self.changed.items():
            for records, columns in _by_columns(known.values()):
                type(records[0])._base_manager.bulk_update(
                    records, [*columns, "version", "updated_at"], batch_size=1_000
                )
            if label in JOURNALLED:
                entries += [self._changed(label, record, before) for record, before in known.values()]
        copy_in(entries, leave_out=frozenset({"position", "generation", "transaction"}))

    def _born(self, label: str, row: Any) -> JournalEntry:
        fields = [field.name for field in row._meta.concrete_fields if field.name not in _OWN]
        return journal.entry(
            actor=self.actor, event=f"{JOURNALLED[label]}.created", instance=row, changes=journal.creation(row, fields)
        )

    def _changed(self, label: str, record: BaseModel, before: dict[str, Any]) -> JournalEntry:
        changes = {
            record._meta.get_field(name).name: (old, getattr(record, name))
            for name, old in before.items()
            if name not in _OWN
        }
        return journal.entry(actor=self.actor, event=f"{JOURNALLED[label]}.changed", instance=record, changes=changes)


def _by_columns(known: Iterable[tuple[BaseModel, dict[str, Any]]]) -> Iterable[tuple[list[BaseModel], list[str]]]:
    """Records that changed in the same columns, together."""
    groups: dict[tuple[str, ...], list[BaseModel]] = defaultdict(list)
    for record, before in known:
        groups[tuple(sorted(before))].append(record)
    for columns, records in groups.items():
        yield records, [record_field.name for record_field in (records[0]._meta.get_field(name) for name in columns)]


def copy_in(rows: Sequence[models.Model], *, leave_out: frozenset[str] = frozenset()) -> None:
    """Insert rows by COPY: many times faster than INSERT, in the same transaction under the same constraints."""
    if not rows:
        return
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if field.name not in leave_out and not _is_serial(field, rows[0])]
    json = [isinstance(field, models.JSONField) for field in fields]
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(meta.db_table)
    wrapped = connection.wrap_database_errors  # COPY goes past Django's cursor: its errors must still be Django's
    with connection.cursor() as cursor, wrapped, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            values = [getattr(row, field.attname) for field in fields]
            copy.write_row(
                [
                    Jsonb(value) if wrap and value is not None else value
                    for value, wrap in zip(values, json, strict=True)
                ]
            )


def _is_serial(field: models.Field[Any, Any], row: models.Model) -> bool:
    return isinstance(field, models.AutoField) and getattr(row, field.attname) is None
