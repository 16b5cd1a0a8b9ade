"""What the writes of this app share: lock, fill in, check, store with a journal row, keep what is derived up to date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from accounts.models import Capability, User
from accounts.services.people import first_fault, refuse_unknown
from crm.core import journal, policy
from crm.core.errors import Conflict, Invalid, NotFound, Refusal
from crm.core.models import BaseModel
from leads import normal
from leads.models import Record
from leads.services import custom, upkeep

RowT = TypeVar("RowT", bound=BaseModel)
# Texts of several lines; all others lose their line ends.
LONG_TEXTS = frozenset({"notes"})
SELLING = (Capability.CALLS, Capability.VISITS, Capability.MANAGES)


def require(actor: User | None, act: str) -> None:
    """Somebody without a session is Tandem itself, or a customer at one of its doors."""
    if actor is not None:
        policy.require(actor, act)


def locked(model: type[RowT], actor: User | None, pk: UUID, *related: str) -> RowT:
    """One row that ``actor`` sees, locked until the transaction ends. Raises ``NotFound``; ``Conflict`` for a merged one."""
    rows = model._default_manager.select_for_update(of=("self",)).select_related(*related)
    row: RowT | None = rows.filter(pk=pk).first() if actor is None else policy.get_visible(rows, actor, pk=pk)
    if row is None:
        raise NotFound
    if getattr(row, "merged_into_id", None):
        raise Conflict(_("This record was merged into another one."), code="merged")
    return row


def fill(instance: BaseModel, values: Mapping[str, Any], writable: Iterable[str], actor: User | None) -> None:
    """Set ``values`` on ``instance``: texts cleaned, links by id or instance to something ``actor`` sees.

    Raises ``Invalid`` with the field's name.
    """
    refuse_unknown(values, frozenset(writable))
    for name, value in values.items():
        field = instance._meta.get_field(name)
        if isinstance(field, models.ForeignKey):
            setattr(instance, field.attname, _linked(field, value, actor))
        else:
            setattr(instance, name, _cleaned(name, field, value))


def _cleaned(name: str, field: Any, value: Any) -> Any:
    if isinstance(value, str) and name in LONG_TEXTS:
        return "\n".join(normal.clean(line) for line in value.splitlines()).strip()
    if isinstance(value, str) and isinstance(field, models.CharField):
        return normal.clean(value)
    if value is None and isinstance(field, models.CharField | models.TextField) and not field.null:
        return ""
    return value


def _linked(field: models.ForeignKey[Any, Any], value: Any, actor: User | None) -> UUID | None:
    """The id of what is linked. What the actor does not see does not exist."""
    if value is None or value == "":
        return None
    key: UUID = value.pk if isinstance(value, models.Model) else value
    if isinstance(value, User) and value == actor:
        return key  # everybody sees themselves
    rows = field.related_model._default_manager.all()
    if actor is not None:
        rows = policy.scope(rows, actor)
    if not rows.filter(pk=key).exists():
        raise Invalid(_("There is no such record, or you may not see it."), field=field.name, code="not_found")
    return key


@contextmanager
def writes() -> Iterator[None]:
    """One transaction around a verb. What the database's own rules refuse comes out as a named refusal.

    Rules are asked once, by the write itself: checking them beforehand would cost a query each and prove nothing.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise refusal_of(error) from error


def check(instance: BaseModel) -> None:
    """Each field by itself, as a named refusal; what rows and fields must be together is the database's to say."""
    try:
        instance.clean_fields(exclude=_links(instance))
    except ValidationError as error:
        raise first_fault(error) from error


def _links(instance: BaseModel) -> set[str]:
    """Foreign keys were looked up by ``fill``; asking again would cost a query each."""
    return {field.name for field in instance._meta.concrete_fields if isinstance(field, models.ForeignKey)}


def insert(
    instance: RowT, *, actor: User | None, event: str, fields: Iterable[str], extra: Mapping[str, Any] = {}
) -> RowT:
    """Store a new row with its journal row. ``extra`` is what belongs to it and is no column: phones, sites."""
    instance.save(force_insert=True)
    changes = journal.creation(instance, fields)
    if isinstance(instance, Record) and instance.custom:
        changes |= {f"custom.{key}": (None, value) for key, value in instance.custom.items()}
    changes |= {name: (None, value) for name, value in extra.items() if value}
    journal.record(actor=actor, event=event, instance=instance, changes=changes)
    return instance


def store(
    instance: RowT,
    *,
    actor: User | None,
    event: str,
    before: Mapping[str, Any],
    expected_version: int | None = None,
    extra: Mapping[str, tuple[Any, Any]] = {},
    also: Iterable[str] = (),
) -> bool:
    """Write what differs from ``before`` (a ``journal.snapshot``), with its journal row; False when nothing does.

    ``extra`` is ``{name: (before, after)}`` of what is no column; ``also`` names derived columns to write with it.
    Raises ``VersionConflict``.
    """
    instance.require_version(expected_version)
    changes = journal.differences(before, instance) | _custom_differences(before, instance)
    changes.pop("custom", None)
    changes |= {name: pair for name, pair in extra.items() if pair[0] != pair[1]}
    if not changes:
        return False
    columns = [name for name in before if name in _columns(instance)]
    instance.save_version(fields=[*columns, *also])
    journal.record(actor=actor, event=event, instance=instance, changes=changes)
    return True


def _columns(instance: BaseModel) -> frozenset[str]:
    return frozenset(field.name for field in instance._meta.concrete_fields)


def _custom_differences(before: Mapping[str, Any], instance: BaseModel) -> dict[str, tuple[Any, Any]]:
    if "custom" not in before or not isinstance(instance, Record):
        return {}
    return custom.differences(before["custom"], instance.custom)


def refusal_of(error: IntegrityError) -> Refusal:
    """The sentence of the rule that the database held up. Raises ``error`` again for a rule without one."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    rule = _rules().get(name)
    if name.startswith("leads_") and name.endswith("_pkey"):
        return Conflict(_("Another record has this id."), field="id", code="id_taken")
    if rule is None:
        raise error
    text = rule.violation_error_message
    if isinstance(rule, models.UniqueConstraint):
        said = text if text != rule.default_violation_error_message else _("Another record has this already.")
        return Conflict(said, field=_said(rule.fields), code="already_exists")
    return Invalid(text if text != rule.default_violation_error_message else _("These values do not go together."))


def _said(columns: Sequence[str]) -> str | None:
    """The input behind the last column of a rule: what is compared as ``name_key`` was said as ``name``."""
    return columns[-1].removesuffix("_key") if columns else None


@cache
def _rules() -> dict[str, models.BaseConstraint]:
    return {rule.name: rule for model in apps.get_app_config("leads").get_models() for rule in model._meta.constraints}


def known(model: type[RowT], actor: User | None, pk: UUID | None) -> RowT | None:
    """The row that a client made under this id before, so that a repeat returns it. Raises ``Conflict`` for another's."""
    if pk is None:
        return None
    rows = model._default_manager.filter(pk=pk)
    seen: RowT | None = (rows if actor is None else policy.scope(rows, actor)).first()
    if seen is None and rows.exists():
        raise Conflict(_("Another record has this id."), field="id", code="id_taken")
    return seen


def require_seller(owner: User | None) -> None:
    """Leads and deals belong to people who sell or lead those who do. Raises ``Invalid`` (``does_not_sell``)."""
    if owner is not None and not any(owner.can(capability) for capability in SELLING):
        raise Invalid(_("%(name)s does not sell.") % {"name": owner.name}, field="owner", code="does_not_sell")


def give_custom(record: Record, given: Mapping[str, Any] | None, actor: User | None, *, motion: str = "") -> None:
    """Check values of custom fields and set them on ``record``; a new record gets the defaults. Raises ``Invalid``."""
    holder = record._meta.model_name or ""
    stored = None if record._state.adding else record.custom
    record.custom = custom.read_values(
        holder, given or {}, stored=stored, motion=motion, partial=stored is not None, actor=actor
    )


def keep_up(*records: Record, custom_changed: bool = True) -> None:
    """What follows from records that were written: index rows of custom fields, search words, duplicate keys."""
    for record in records:
        if (record.custom and record.version == 1) or (custom_changed and record.version > 1):
            custom.write_values(record._meta.model_name or "", record.pk, record.custom)
    upkeep.after_write(*records)


def lock_keys(keys: Iterable[str]) -> None:
    """Hold the named things until the transaction ends: two enquiries of one person make one person.

    In sorted order, so that two that share several keys cannot wait for each other.
    """
    names = sorted(set(keys))
    if names:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%s::text[]) AS key", [names]
            )
