"""A chunk of items, taken in: prepared one by one, looked up together, decided in order, written together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import User
from crm.core import clock
from crm.core.errors import Refusal
from leads.models import Company
from leads.services import custom, writing
from leads.services.bulk.companies import CompanyTaker
from leads.services.bulk.contacts import ContactTaker
from leads.services.bulk.deals import DealTaker
from leads.services.bulk.derived import Derived
from leads.services.bulk.directory import Directory
from leads.services.bulk.items import Desk, Item, Options, Result, Taker, Touched
from leads.services.bulk.leads import LeadTaker
from leads.services.bulk.memory import Memory
from leads.services.bulk.own import OwnValues
from leads.services.bulk.products import ProductTaker
from leads.services.bulk.rows import Copying
from leads.services.bulk.writing import Writing

TAKERS: dict[str, type[Taker]] = {
    "leads": LeadTaker,
    "companies": CompanyTaker,
    "contacts": ContactTaker,
    "deals": DealTaker,
    "products": ProductTaker,
}
Mentioned = Callable[[list[UUID]], set[UUID]]
HOLDERS = {"leads": "lead", "companies": "company", "contacts": "contact", "deals": "deal"}


def take_in(
    *, actor: User, kind: str, items: Sequence[Item], options: Options, trial: Memory | None = None, mentioned: Mentioned | None = None
) -> list[Result]:  # fmt: skip
    """Take in ``items`` of ``kind`` (a key of ``TAKERS``), one result for each, in order.

    ``mentioned`` answers which of some companies earlier chunks made only because a row named them as its parent: their
    own row creates them in the eyes of who reads the report.

    With ``trial`` nothing is written and the results are the same; give every chunk of a trial the same memory. Otherwise the
    caller holds a transaction: records, journal rows and search words stand or fall with it.
    """
    now, directory = clock.now(), Directory(trial)
    own = OwnValues(directory, HOLDERS.get(kind, ""))
    desk = Desk(actor, options, now, directory, Writing(actor=actor, now=now), own)
    taker = TAKERS[kind](desk)
    prepared, results = dict[int, Any](), dict[int, Result]()
    for item in items:
        try:
            prepared[item.number] = taker.prepare(_with_own_fields(kind, item.values, actor))
        except Refusal as refusal:
            results[item.number] = Result.refused(item.number, refusal)
    if trial is None:  # whoever brings the same person at this moment waits, and then finds them
        writing.lock_keys(name for ready in prepared.values() for name in taker.names(ready))
    taker.load(list(prepared.values()))
    own.load(ready.custom for ready in prepared.values() if own.fields)
    if mentioned is not None and kind == "companies":
        found = desk.directory.every(Company)
        only_named = mentioned([company.id for company in found])
        for company in found:
            company.is_only_named = company.id in only_named  # type: ignore[attr-defined]
    rows = {number: _take(taker, desk, Result(number, "refused"), ready) for number, ready in prepared.items()}
    _write(desk, trial)
    for number, (result, touched) in rows.items():
        # Only now are versions final: a later row may have changed what an earlier one made.
        result.touched = [_touched(record, before) for record, before in touched]
        results[number] = result
    return [results[item.number] for item in items]


def _with_own_fields(kind: str, values: dict[str, Any], actor: User) -> dict[str, Any]:
    """The organisation's own fields in their stored forms. What must be filled in binds people, not files."""
    if not values.get("custom"):
        return values
    read = custom.read_values(HOLDERS[kind], values["custom"], stored={}, partial=True, required=False, actor=actor)
    return {**values, "custom": read}


def _take(
    taker: Taker, desk: Desk, result: Result, ready: Any
) -> tuple[Result, list[tuple[Any, dict[str, Any] | None]]]:
    """Decide one item; refusals come before the first change, so a refused item touched nothing."""
    desk.writing.begin_row()
    try:
        result.outcome, record = taker.take(ready)
    except Refusal as refusal:
        return Result.refused(result.number, refusal), []
    if result.outcome in ("created", "updated"):
        desk.own.register(record)
    result.label, result.record_id = record._meta.label_lower, record.id
    return result, [(row, before) for row, before in desk.writing.row if isinstance(row.id, UUID)]


def _touched(record: Any, before: dict[str, Any] | None) -> Touched:
    return Touched(record._meta.label_lower, record.id, record.version, before)


def _write(desk: Desk, trial: Memory | None) -> None:
    if trial is not None:
        desk.directory.remember()
        return
    derived = Derived(desk)
    with transaction.atomic():
        with Copying() as copying:
            desk.writing.copy_new(copying, derived.give_words)
            derived.copy_keys(copying)
        desk.writing.update_changed()
        derived.keep_up()
