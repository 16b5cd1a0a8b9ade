"""What a merge does with everything that points to the record that goes: one mover per relation, and the way back.

Every foreign key to ``Company`` or ``Contact``, in this app or a higher one, needs a mover; a test walks all models and fails
on one without. A higher app registers its own in ``ready()``::

    movers.register("activities.Call", "contact", movers.repoint)

A mover writes through the ``Ledger``, which keeps what is needed to take the merge back row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.db.models import F

from crm.core import clock
from crm.core.models import BaseModel
from leads.models import Company, Contact

Merged = Company | Contact
Row = dict[str, Any]


@dataclass(frozen=True)
class Relation:
    """A foreign key to a company or contact: ``field`` of ``model`` (``leads.Lead``)."""

    model: str
    field: str
    mover: Mover

    @property
    def rows(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = apps.get_model(self.model)._base_manager.all()
        return rows

    @property
    def target(self) -> Any:
        return apps.get_model(self.model)._meta.get_field(self.field).related_model


Mover = Callable[["Relation", Merged, Merged, "Ledger"], None]
_relations: dict[tuple[str, str], Relation] = {}


def register(model: str, field: str, mover: Mover) -> None:
    """Name the mover of a relation. Raises ``ValueError`` for a second one."""
    key = (model.lower(), field)
    if key in _relations:
        raise ValueError(f"{model}.{field} has a mover already.")
    _relations[key] = Relation(model, field, mover)


def relations_to(model: type[models.Model]) -> list[Relation]:
    """The relations to ``model`` in the order of their registration."""
    return [relation for relation in _relations.values() if relation.target is model]


def unmoved() -> list[str]:
    """Foreign keys to companies and contacts that no mover is registered for, as ``app.model.field``."""
    keys = {
        (model._meta.label_lower, column.name): f"{model._meta.label}.{column.name}"
        for model in apps.get_models(include_auto_created=True)
        for column in model._meta.local_fields
        if column.is_relation and column.related_model in {Company, Contact}
    }
    return sorted(name for key, name in keys.items() if key not in _relations)


# --- What was done, and back --------------------------------------------------------------------------------------------


@dataclass
class Ledger:
    """Everything a merge changed, in order, as plain values. ``steps`` of four kinds go into ``MergeRecord``."""

    moves: list[Row] = field(default_factory=list)
    edits: list[Row] = field(default_factory=list)
    additions: list[Row] = field(default_factory=list)

    def move(self, rows: models.QuerySet[Any], column: str, start: UUID, end: UUID) -> list[UUID]:
        """Point ``rows`` from ``start`` to ``end``; returns their ids."""
        ids = list(
            rows.filter(**{column: start}).order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
        )
        if ids:
            _update(rows.model, ids, {column: end})
            self.moves.append(
                {
                    "model": rows.model._meta.label,
                    "field": column,
                    "from": str(start),
                    "to": str(end),
                    "ids": [_plain_id(identifier) for identifier in ids],
                }
            )
        return ids

    def edit(self, instance: models.Model, **values: Any) -> None:
        """Set fields of one row, keeping what was there. Foreign keys by their column (``parent_id``).

        ``custom`` is kept field by field, as ``custom.<key>``.
        """
        before = {name: getattr(instance, name) for name in values}
        fields: Row = {}
        for name, value in values.items():
            was = stored_form(instance, name)
            setattr(instance, name, value)
            fields |= _differences(name, was, stored_form(instance, name))
        if fields:
            changed = {name: getattr(instance, name) for name in before if before[name] != getattr(instance, name)}
            _update(type(instance), [instance.pk], changed)
            self.edits.append({"model": instance._meta.label, "id": _plain_id(instance.pk), "fields": fields})

    def add(self, instance: models.Model) -> None:
        """Insert a row that the merge itself needs."""
        instance.save(force_insert=True)
        self.additions.append({"model": instance._meta.label, "id": _plain_id(instance.pk)})


def _differences(name: str, before: Any, after: Any) -> Row:
    if name != "custom":
        return {name: [before, after]} if before != after else {}
    keys = sorted(before.keys() | after.keys())
    return {f"custom.{key}": [before.get(key), after.get(key)] for key in keys if before.get(key) != after.get(key)}


def take_back(moves: Sequence[Row], edits: Sequence[Row], additions: Sequence[Row]) -> list[Row]:
    """Undo what a ledger wrote, last first; what somebody changed since stays and is returned, in the form of ``edits``."""
    left: list[Row] = []
    for addition in reversed(additions):
        apps.get_model(addition["model"])._base_manager.filter(pk=addition["id"]).delete()
    for move in reversed(moves):
        left.extend(_move_back(move))
    for edit in reversed(edits):
        left.extend(_edit_back(edit))
    return left


def _move_back(move: Row) -> Iterator[Row]:
    model, column = apps.get_model(move["model"]), move["field"]
    rows = model._base_manager.filter(pk__in=move["ids"])
    there = set(
        rows.filter(**{column: move["to"]}).order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True)
    )
    refused = set() if not there else _try_update(model, there, {column: UUID(move["from"])})
    back = {str(identifier) for identifier in there - refused}
    for identifier in move["ids"]:
        if str(identifier) not in back:
            yield {"model": move["model"], "id": identifier, "fields": {column: [move["from"], move["to"]]}}


def _try_update(model: type[models.Model], ids: set[Any], values: Row) -> set[Any]:
    """Update all at once, or, where a rule of the database now refuses that, one by one; returns the refused."""
    if _updates(model, sorted(ids), values):
        return set()
    return {identifier for identifier in sorted(ids) if not _updates(model, [identifier], values)}


def _updates(model: type[models.Model], ids: Iterable[Any], values: Row) -> bool:
    try:
        with transaction.atomic():
            _update(model, ids, values)
    except IntegrityError:
        return False
    return True


def _edit_back(edit: Row) -> Iterator[Row]:
    model = apps.get_model(edit["model"])
    row = model._base_manager.filter(pk=edit["id"]).select_for_update(of=("self",)).first()
    if row is None:
        yield edit
        return
    same = {name: pair for name, pair in edit["fields"].items() if stored_form(row, name) == pair[1]}
    values = _values_before(row, {name: before for name, (before, _after) in same.items()})
    refused = bool(values) and not _updates(model, [row.pk], values)
    left = {name: pair for name, pair in edit["fields"].items() if refused or name not in same}
    if left:
        yield {**edit, "fields": left}


def _values_before(row: models.Model, before: Row) -> Row:
    """What to write into ``row`` so that it is as it was; ``custom.<key>`` into a copy of its ``custom``."""
    values = {
        name: from_stored_form(type(row), name, value)
        for name, value in before.items()
        if not name.startswith("custom.")
    }
    keys = {name.partition(".")[2]: value for name, value in before.items() if name.startswith("custom.")}
    if keys:
        laid = getattr(row, "custom") | keys  # noqa: B009 (only records have it)
        values["custom"] = {key: value for key, value in laid.items() if value is not None}
    return values


def _update(model: type[models.Model], ids: Iterable[Any], values: Row) -> None:
    """Write, and raise the version of rows that have one, so that nobody's older copy overwrites it."""
    if issubclass(model, BaseModel):
        values = values | {"updated_at": clock.now(), "version": F("version") + 1}
    model._base_manager.filter(pk__in=list(ids)).update(**values)


def stored_form(instance: models.Model, name: str) -> Any:
    """A field's value as JSON holds it without loss; ``custom.<key>`` is one custom field."""
    if name.startswith("custom."):
        return getattr(instance, "custom").get(name.partition(".")[2])  # noqa: B009 (only records have it)
    column = _column(type(instance), name)
    value = column.value_from_object(instance)
    if value is None or isinstance(column, models.JSONField):
        return value
    return value if isinstance(value, bool | int | str) else column.value_to_string(instance)


def from_stored_form(model: type[models.Model], name: str, value: Any) -> Any:
    column = _column(model, name)
    return value if value is None or isinstance(column, models.JSONField) else column.to_python(value)


def _column(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return next(column for column in model._meta.concrete_fields if name in (column.name, column.attname))


def _plain_id(identifier: Any) -> Any:
    return identifier if isinstance(identifier, int) else str(identifier)


# --- Movers ----------------------------------------------------------------------------------------------------------


def repoint(relation: Relation, kept: Merged, gone: Merged, ledger: Ledger) -> None:
    """All rows go over."""
    ledger.move(relation.rows, f"{relation.field}_id", gone.pk, kept.pk)


def stay(relation: Relation, kept: Merged, gone: Merged, ledger: Ledger) -> None:
    """The rows are about the record itself, not about whom it stands for: they stay with it."""


def repoint_but_one_first(*identity: str) -> Mover:
    """Rows go over unless the kept record has the same (by ``identity``) already; only one can be ``is_primary``."""

    def move(relation: Relation, kept: Merged, gone: Merged, ledger: Ledger) -> None:
        theirs = list(relation.rows.filter(**{relation.field: gone}).order_by("pk").select_for_update(of=("self",)))
        present = {
            _identity(row, identity): row
            for row in relation.rows.filter(**{relation.field: kept}).order_by("pk").select_for_update(of=("self",))
        }
        has_first = any(row.is_primary for row in present.values())
        going = []
        for row in theirs:
            same = present.get(_identity(row, identity)) if identity else None
            if same is not None:
                _keep_worse(same, row, ledger)
                continue
            if row.is_primary and has_first:
                ledger.edit(row, is_primary=False)
            going.append(row.pk)
        ledger.move(relation.rows.filter(pk__in=going), f"{relation.field}_id", gone.pk, kept.pk)

    return move


def _identity(row: Any, names: Sequence[str]) -> Any:
    return tuple(getattr(row, name) for name in names) if names else row.pk


def _keep_worse(kept_row: Any, gone_row: Any, ledger: Ledger) -> None:
    """A number known to be dead stays dead."""
    if getattr(gone_row, "is_bad", False) and not kept_row.is_bad:
        ledger.edit(kept_row, is_bad=True)


def repoint_pairs(other: str) -> Mover:
    """Pairs of duplicates go over, the one of these two is decided, and none is doubled or bound to itself."""

    def move(relation: Relation, kept: Merged, gone: Merged, ledger: Ledger) -> None:
        known = _partners(relation, other, kept.pk)
        rows = relation.rows.filter(**{relation.field: gone}).order_by("pk").select_for_update(of=("self",))
        going = [pair.pk for pair in rows if getattr(pair, f"{other}_id") not in known | {kept.pk}]
        ledger.move(relation.rows.filter(pk__in=going), f"{relation.field}_id", gone.pk, kept.pk)

    return move


def _partners(relation: Relation, other: str, pk: UUID) -> set[UUID]:
    one = relation.rows.filter(**{relation.field: pk}).values_list(other, flat=True)
    two = relation.rows.filter(**{other: pk}).values_list(relation.field, flat=True)
    return {*one, *two}


def repoint_parts(relation: Relation, kept: Merged, gone: Merged, ledger: Ledger) -> None:
    """Parts of the company that goes become parts of the kept one; if that was below, it takes the other's place."""
    assert isinstance(kept, Company)
    if gone.pk in _above(kept):
        ledger.edit(kept, parent_id=gone.parent_id)  # type: ignore[union-attr]
    ledger.move(relation.rows.exclude(pk=kept.pk), "parent_id", gone.pk, kept.pk)


def _above(company: Company) -> set[UUID]:
    above: set[UUID] = set()
    step = company.parent_id
    while step is not None and step not in above:
        above.add(step)
        step = Company._base_manager.filter(pk=step).values_list("parent_id", flat=True).first()
    return above


def register_own() -> None:
    """The relations of this app, in the order in which they are moved."""
    register("leads.Company", "parent", repoint_parts)
    register("leads.Company", "merged_into", stay)
    register("leads.Contact", "merged_into", stay)
    register("leads.Site", "company", repoint_but_one_first())
    register("leads.Contact", "company", repoint)
    for holder in ("company", "contact"):
        register("leads.Phone", holder, repoint_but_one_first("number", "extension"))
        register("leads.Email", holder, repoint_but_one_first("key"))
        register("leads.Lead", holder, repoint)
        register("leads.Deal", holder, repoint)
        register("leads.DuplicatePair", holder, repoint_pairs(f"other_{holder}"))
        register("leads.DuplicatePair", f"other_{holder}", repoint_pairs(holder))
        register("leads.DuplicateCheck", holder, stay)
        register(f"leads.{holder.capitalize()}Key", holder, stay)
        register("leads.MergeRecord", f"kept_{holder}", stay)
        register("leads.MergeRecord", f"gone_{holder}", stay)
    register("leads.Consent", "contact", repoint)
    register("leads.ReferralLink", "contact", repoint)
