"""Duplicates as work: keys kept with each record, pairs found after it changed, and what people decide about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from typing_extensions import override

from accounts.models import User
from crm.core import clock, journal, policy, sweeps, work
from crm.core.errors import Conflict
from leads.duplicates import stored
from leads.duplicates.stored import Candidate, Side, side_of
from leads.models import Company, Contact, DuplicateCheck, DuplicatePair
from leads.policies import WRITE_CONTACTS

JOB = "leads.check_duplicates"
# Whose contacts get new keys when a company changes; beyond it they follow when they change themselves.
MOST_CONTACTS = 2_000
AT_ONCE = 1_000
FOUND_PER_RECORD = 10


# --- Keys ------------------------------------------------------------------------------------------------------------


def write_keys(record: Company | Contact, *, at_once: bool = False) -> None:
    """A company or contact was made or changed: its keys are rewritten and it is looked at for duplicates.

    In the caller's transaction: one statement that makes the record due; after commit a worker does the rest, or the
    sweep. ``at_once`` writes the keys here and now too (six statements), for whoever asks for candidates next.
    """
    column = side_of(type(record)).column
    if at_once:
        _rewrite(type(record), [record.pk])
    (check,) = _make_due(column, [record.pk])
    work.enqueue(JOB, str(check.pk))


def write_keys_many(model: type[Company | Contact], ids: Iterable[UUID], *, are_new: bool = False) -> None:
    """The same for many records at once, keys included: for imports. ``are_new``: by COPY, nothing is there to replace."""
    side = side_of(model)
    for some in _portions(ids):
        if are_new:
            _copy(
                side,
                (
                    (holder, key)
                    for holder, record in side.load(some).items()
                    for key in stored.stored_keys(side, record)
                ),
            )
        else:
            _rewrite(model, some)
        _make_due(side.column, some)


def _make_due(column: str, ids: Iterable[UUID]) -> list[DuplicateCheck]:
    checks = [DuplicateCheck(**{column: identifier}, due_at=clock.now()) for identifier in ids]
    return DuplicateCheck.objects.bulk_create(
        checks, update_conflicts=True, unique_fields=[column], update_fields=["due_at"]
    )


def _rewrite(model: type[Company | Contact], ids: Sequence[UUID]) -> None:
    side = side_of(model)
    stored.rewrite(side, side.load(ids))


def _copy(side: Side, rows: Iterable[tuple[UUID, int]]) -> None:
    table = side.keys._meta.db_table
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({side.column}, key) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _portions(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    portion: list[UUID] = []
    for identifier in ids:
        portion.append(identifier)
        if len(portion) == AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


# --- Finding ---------------------------------------------------------------------------------------------------------


def candidates_of(record: Company | Contact, *, limit: int = 5) -> list[Candidate]:
    """What may be the same as this stored record, without what somebody said is not."""
    side = side_of(type(record))
    plain = side.load([record.pk]).get(record.pk)
    if plain is None:
        return []
    return stored.candidates(side, plain, but=_told_apart(side, record.pk), limit=limit)


def _told_apart(side: Side, pk: UUID) -> set[UUID]:
    name = side.column.removesuffix("_id")
    mine = Q(**{name: pk}) | Q(**{f"other_{name}": pk})
    pairs = DuplicatePair.objects.filter(mine, state=DuplicatePair.State.DISMISSED)
    return {other for ones in pairs.values_list(name, f"other_{name}") for other in ones} - {pk}


def pairs_of(record: Company | Contact) -> QuerySet[DuplicatePair]:
    """The pairs found with this record that nobody decided yet, most probable first."""
    name = side_of(type(record)).column.removesuffix("_id")
    mine = Q(**{name: record.pk}) | Q(**{f"other_{name}": record.pk})
    return DuplicatePair.objects.filter(mine, state=DuplicatePair.State.OPEN)


def check(row: DuplicateCheck) -> None:
    """Rewrite the keys of the record behind ``row``, note the pairs it is in now, and be done with the row.

    A record that somebody is writing is left for the next time: they hold it and wait for ``row``, we must not wait too.
    """
    model: type[Company | Contact] = Company if row.company_id else Contact
    rows = model._base_manager.filter(pk=row.company_id or row.contact_id)  # type: ignore[misc]
    record = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    if record is None:
        return
    _rewrite(model, [record.pk])
    if isinstance(record, Company):
        _rewrite_contacts(record)
    found = [] if record.merged_into_id else candidates_of(record, limit=FOUND_PER_RECORD)
    _note(side_of(model), record.pk, found)
    row.delete()


def _rewrite_contacts(company: Company) -> None:
    """A contact's keys hold the company's name and place."""
    ids = list(company.contacts.order_by("pk").values_list("pk", flat=True)[:MOST_CONTACTS])
    if ids:
        _rewrite(Contact, ids)


def _note(side: Side, pk: UUID, found: Sequence[Candidate]) -> None:
    """Make the open pairs of a record those that were found; what somebody decided stays."""
    name = side.column.removesuffix("_id")
    mine = Q(**{name: pk}) | Q(**{f"other_{name}": pk})
    present = {
        (getattr(pair, f"other_{name}_id") if getattr(pair, f"{name}_id") == pk else getattr(pair, f"{name}_id")): pair
        for pair in DuplicatePair.objects.filter(mine).select_for_update().order_by("pk")
    }
    fresh = []
    for candidate in found:
        facts: dict[str, Any] = {"score": candidate.score, "reasons": reasons_of(candidate)}
        pair = present.pop(candidate.id, None)
        if pair is None:
            low, high = sorted((pk, candidate.id))
            fresh.append(DuplicatePair(**{f"{name}_id": low, f"other_{name}_id": high}, **facts))
        elif pair.state == DuplicatePair.State.OPEN and pair.reasons != facts["reasons"]:
            DuplicatePair.objects.filter(pk=pair.pk).update(**facts, updated_at=clock.now())
    stale = [pair.pk for pair in present.values() if pair.state == DuplicatePair.State.OPEN]
    DuplicatePair.objects.filter(pk__in=stale).delete()
    DuplicatePair.objects.bulk_create(fresh, ignore_conflicts=True)


def reasons_of(candidate: Candidate) -> list[dict[str, Any]]:
    """Reasons as they are stored with a pair."""
    return [
        {"field": reason.field, "similarity": round(reason.similarity, 3), "weight": round(reason.weight, 2)}
        for reason in candidate.reasons
    ]


@sweeps.register
class DuplicatesDue(sweeps.Sweep):
    """Records that changed are looked at for duplicates. After a great import it takes its time; nobody waits for it."""

    name = "leads.duplicates_due"
    model = DuplicateCheck
    every = timedelta(seconds=10)
    # Some seconds a run: other sweeps share the process and are not to wait for an import's hundred thousands.
    most_batches = 4
    late_after = timedelta(hours=24)
    due_column = "due_at"

    @override
    def due(self, now: datetime) -> QuerySet[DuplicateCheck]:
        return DuplicateCheck.objects.filter(due_at__lte=now)

    @override
    def run_one(self, row: DuplicateCheck) -> None:
        check(row)

    @override
    def put_off(self, row: DuplicateCheck, error: Exception) -> None:
        DuplicateCheck.objects.filter(pk=row.pk).update(due_at=clock.now() + timedelta(minutes=15))


@work.job(JOB)
def check_duplicates(check_id: str) -> None:
    """The doorbell's way to one record."""
    sweeps.get_sweep(DuplicatesDue.name).run_by_key(check_id)


# --- Deciding --------------------------------------------------------------------------------------------------------


def dismiss_pair(*, actor: User | None, pair_id: UUID, expected_version: int | None = None) -> DuplicatePair:
    """These two are not the same: they are not suggested again. Twice changes nothing.

    Raises ``Forbidden``, ``NotFound``; ``Conflict`` when they were merged.
    """
    return _decide(actor, pair_id, DuplicatePair.State.DISMISSED, "duplicate_pair.dismissed", expected_version)


def reopen_pair(*, actor: User | None, pair_id: UUID, expected_version: int | None = None) -> DuplicatePair:
    """Take "not the same" back. Raises ``Forbidden``, ``NotFound``; ``Conflict`` when they were merged."""
    return _decide(actor, pair_id, DuplicatePair.State.OPEN, "duplicate_pair.reopened", expected_version)


def _decide(
    actor: User | None, pair_id: UUID, state: DuplicatePair.State, event: str, expected_version: int | None
) -> DuplicatePair:
    if actor is not None:
        policy.require(actor, WRITE_CONTACTS)
    with transaction.atomic():
        rows = DuplicatePair.objects.select_for_update(of=("self",))
        pair = rows.get(pk=pair_id) if actor is None else policy.get_visible(rows, actor, pk=pair_id)
        if pair.state == state:
            return pair
        if pair.state == DuplicatePair.State.MERGED:
            raise Conflict(code="pair_merged")
        pair.require_version(expected_version)
        before = journal.snapshot(pair, ["state"])
        pair.state = state
        pair.decided_by, pair.decided_at = (None, None) if state == DuplicatePair.State.OPEN else (actor, clock.now())
        pair.save_version(fields=["state", "decided_by", "decided_at"])
        journal.record(actor=actor, event=event, instance=pair, changes=journal.differences(before, pair))
    return pair
