"""The way back: what was made goes, what was changed is as before, and what somebody touched since stays and is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models, transaction

from accounts.models import User
from crm.core import clock, journal
from crm.core.models import BaseModel
from leads.models import CustomValue
from leads.services.bulk.items import Touched
from leads.services.bulk.writing import JOURNALLED, PARTS

# What Tandem itself worked out about a record goes with it; referring rows go before those they refer to.
DERIVED = ("leads.duplicatepair",)
GOING = ("leads.deal", "leads.lead", "leads.contact", "leads.company", "leads.campaign", "leads.product")


@dataclass(slots=True)
class TakenOut:
    """What undoing did: records gone and records put back, and those left, each with ``edited`` or ``in_use``."""

    removed: set[UUID] = field(default_factory=set)
    restored: set[UUID] = field(default_factory=set)
    left: dict[UUID, str] = field(default_factory=dict)


def take_out(*, actor: User, label: str, touched: Sequence[Touched]) -> TakenOut:
    """Undo what was done to records of one kind, newest first; call it for the kinds in ``GOING``, then for the parts.

    ``touched`` holds everything that the whole did to these records. A record whose version is not the last of these was
    edited since: it stays as it is. The caller holds a transaction.
    """
    with transaction.atomic():
        model: Any = apps.get_model(label)
        known: dict[UUID, int] = defaultdict(int)
        for each in touched:
            known[each.record_id] = max(known[each.record_id], each.version)
        rows = {row.pk: row for row in model._base_manager.select_for_update().filter(pk__in=list(known))}
        done = TakenOut()
        done.left = {key: "edited" for key, row in rows.items() if row.version != known[key]}
        made = {each.record_id for each in touched if each.before is None}
        _remove(actor, model, [rows[key] for key in made if key in rows and key not in done.left], done)
        changes = [each for each in touched if each.record_id in rows and each.record_id not in made | done.left.keys()]
        _restore(actor, rows, changes, done)
        return done


def _remove(actor: User, model: type[BaseModel], rows: list[Any], done: TakenOut) -> None:
    used = _in_use(model, [row.pk for row in rows])
    done.left |= dict.fromkeys(used, "in_use")
    going = [row for row in rows if row.pk not in used]
    if not going:
        return
    noun = JOURNALLED.get(model._meta.label_lower)
    if noun:
        entries = [journal.entry(actor=actor, event=f"{noun}.deleted", instance=row) for row in going]
        type(entries[0]).objects.bulk_create(entries, batch_size=1_000)
    CustomValue.objects.filter(record_id__in=[row.pk for row in going]).delete()
    model._base_manager.filter(pk__in=[row.pk for row in going]).delete()
    done.removed |= {row.pk for row in going}


def _in_use(model: type[models.Model], keys: list[UUID]) -> set[UUID]:
    """Those that a business record refers to which is not merely a part of them: it came later, or is somebody else's."""
    used = set[UUID]()
    for relation in model._meta.related_objects:
        other: Any = relation.related_model
        link: Any = relation.field
        if (
            not issubclass(other, BaseModel)
            or other._meta.label_lower in (*PARTS, *DERIVED)
            or link.remote_field.on_delete is models.SET_NULL
        ):
            continue
        used |= set(
            other._base_manager.filter(**{f"{link.name}__in": keys}).values_list(link.attname, flat=True).distinct()
        )
    return used


def _restore(actor: User, rows: dict[UUID, Any], changes: Iterable[Touched], done: TakenOut) -> None:
    """Put the values back, the newest change first."""
    fields: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for each in reversed(list(changes)):
        fields[each.record_id] |= each.before or {}
    for key, before in fields.items():
        row = rows[key]
        after = {name: getattr(row, name) for name in before}
        for name, value in before.items():
            setattr(row, name, row._meta.get_field(_name(row, name)).to_python(value))
        row.version, row.updated_at = row.version + 1, clock.now()
        row.save(update_fields=[*{_name(row, name) for name in before}, "version", "updated_at"])
        noun = JOURNALLED.get(row._meta.label_lower)
        if noun:
            changed = {_name(row, name): (after[name], getattr(row, name)) for name in before}
            journal.record(actor=actor, event=f"{noun}.changed", instance=row, changes=changed)
        done.restored.add(key)


def _name(row: models.Model, column: str) -> str:
    """The field of a column: ``parent`` for ``parent_id``."""
    return next(field.name for field in row._meta.concrete_fields if column in (field.attname, field.name))
