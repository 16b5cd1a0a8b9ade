"""The work of an import: chunk by chunk, each one transaction with its records, its row results and its progress.

A worker holds the import by a lease that every chunk renews. Killed half-way it loses the chunk under way, which the database
undoes; who takes over goes on behind the last committed row. The trial is the same code on a memory instead of the tables.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DataError, IntegrityError, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from crm.core import clock, journal, work
from crm.core.errors import Refusal
from crm.integrations.conversion import Converter
from crm.integrations.models import ImportedRecord, ImportJob, ImportRow
from crm.integrations.models.imports import COUNTED
from crm.integrations.reading import source
from crm.integrations.reading.limits import Unreadable
from crm.integrations.reading.rows import Fault, Row
from crm.integrations.reading.source import Settings
from crm.integrations.services import files
from crm.integrations.targets import get_target
from leads.services import bulk, custom
from leads.services.bulk import Item, Memory, Options, Result, Touched
from leads.services.bulk.rows import Copying
from leads.services.bulk.undoing import GOING

log = structlog.get_logger(__name__)

# A chunk locks what its people and companies go by, some four names a row, in a table that all sessions share.
CHUNK = 500
UNDO_CHUNK = 500
LEASE = timedelta(seconds=45)
# A worker's job ends within this many seconds (Celery's own limit is 270) and rings for the next.
SLICE = 120.0
JOB = "integrations.work_on_import"
# A page shows no more; the result file of the real run has all.
MOST_TRIAL_ROWS = 5_000
MOST_ATTEMPTS = 5
STATE = ImportJob.State


class LostLeaseError(Exception):
    """Another worker has the import now, or it was stopped: leave everything as it is."""


def work_on(import_id: UUID | str) -> bool:
    """Claim the import if it is due and do what its state says. False when there was nothing to do."""
    job = _claim(import_id)
    if job is None:
        return False
    do: dict[str, Callable[[ImportJob], None]] = {STATE.CHECKING: _try, STATE.RUNNING: _run, STATE.UNDOING: _undo}
    try:
        with translation.override(job.owner.language), custom.remembered():
            do[job.state](job)
    except LostLeaseError:
        log.info("import_lease_lost", item=str(job.pk))
    except Unreadable as error:
        _finish(job, STATE.FAILED, problem=str(error.detail)[:500])
    except Exception:
        _give_back(job)
        raise
    return True


def _claim(import_id: UUID | str) -> ImportJob | None:
    with transaction.atomic():
        now = clock.now()
        rows = ImportJob.objects.due(now).filter(pk=import_id).select_related("owner")
        job = rows.select_for_update(skip_locked=True, of=("self",)).first()
        if job is None:
            return None
        job.attempt += 1
        job.claimed_until = now + LEASE
        ImportJob.objects.filter(pk=job.pk).update(attempt=job.attempt, claimed_until=job.claimed_until)
        return job


def _give_back(job: ImportJob) -> None:
    """Something broke: let the next worker try at once, but not for ever."""
    if job.attempt % MOST_ATTEMPTS == 0:
        _finish(job, STATE.FAILED, problem=_("Something went wrong here. What came in so far can be undone."))
    else:
        _mine(job).update(claimed_until=clock.now() + timedelta(seconds=2))


def _mine(job: ImportJob) -> Any:
    return ImportJob.objects.filter(pk=job.pk, attempt=job.attempt, state=job.state)


def _finish(job: ImportJob, state: str, **values: Any) -> None:
    """Write the end of the work, if it is still this worker's."""
    with transaction.atomic():
        values |= {
            "version": F("version") + 1,
            "updated_at": clock.now(),
            "finished_at": clock.now(),
            "claimed_until": None,
        }
        if _mine(job).update(state=state, is_cancelling=False, **values):
            job.refresh_from_db()
            journal.record(
                actor=job.owner,
                event=f"import.{state}",
                instance=job,
                changes={n: (None, c) for n, c in job.counts.items()},
            )


# --- Rows in -----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Read:
    """A chunk of the file: its rows, the items among them, and the faults of the others by row number."""

    rows: list[Row]
    items: list[Item]
    faults: dict[int, Fault]


def _chunks(job: ImportJob, converter: Converter, *, after: int) -> Iterator[_Read]:
    rows = source.read(files.location(job.path), Settings.from_json(job.settings), job.columns)
    rest = (row for row in rows if row.number > after)
    while chunk := list(islice(rest, CHUNK)):
        read = _Read(chunk, [], {})
        for row in chunk:
            converted = converter.convert(row)
            if isinstance(converted, Fault):
                read.faults[row.number] = converted
            else:
                read.items.append(converted)
        yield read


def _converter(job: ImportJob) -> Converter:
    settings = Settings.from_json(job.settings)
    return Converter(
        get_target(job.target),
        settings,
        job.columns,
        job.mapping,
        zone=job.owner.time_zone,
        defaults=job.options.get("defaults"),
        values=job.options.get("values"),
    )


def _options(job: ImportJob) -> Options:
    names = ("duplicates", "source", "country", "currency", "make_products")
    return Options(**{name: job.options[name] for name in names if name in job.options})


def _try(job: ImportJob) -> None:
    """The trial: what it would have written is in a memory beside the file, where the next slice finds it."""
    converter, options, until = _converter(job), _options(job), time.monotonic() + SLICE
    path = files.location(f"{job.path}.trial")
    if not job.position:
        path.unlink(missing_ok=True)
        ImportRow.objects.filter(job=job, is_trial=True).delete()
    with Memory(str(path)) as memory:
        counts = dict.fromkeys(COUNTED, 0) | memory.state()
        for read in _chunks(job, converter, after=sum(counts.values())):
            results = bulk.take_in(actor=job.owner, kind=job.target, items=read.items, options=options, trial=memory)
            rows = _rows(job, read, results, converter, is_trial=True)
            for row in rows:
                counts[row.outcome] += 1
            memory.commit(counts)
            _show_trial(job, rows, counts)
            if _is_cancelled(job):
                path.unlink()
                return _finish(job, STATE.DRAFT)
            if time.monotonic() > until:
                return _pause(job)
    path.unlink()
    read_rows = sum(counts.values())
    return _finish(
        job, STATE.CHECKED, trial={"read": read_rows, **counts}, total=read_rows, **counts, position=read_rows
    )


def _show_trial(job: ImportJob, rows: list[ImportRow], counts: dict[str, int]) -> None:
    """Progress of the trial, and the rows that a person should look at."""
    told = [row for row in rows if row.code]
    if told and ImportRow.objects.filter(job=job, is_trial=True).count() + len(told) <= MOST_TRIAL_ROWS:
        ImportRow.objects.bulk_create(told, ignore_conflicts=True)
    if not _mine(job).update(**counts, position=sum(counts.values()), claimed_until=clock.now() + LEASE):
        raise LostLeaseError


def _pause(job: ImportJob) -> None:
    """The slice is over: the next one goes on at once, in whichever worker is free."""
    with transaction.atomic():
        _mine(job).update(claimed_until=None, due_at=clock.now())
        work.enqueue(JOB, job.pk)


def _run(job: ImportJob) -> None:
    """The real run, from behind the last committed row."""
    converter, options, until = _converter(job), _options(job), time.monotonic() + SLICE
    for read in _chunks(job, converter, after=job.position):
        with transaction.atomic():
            held = _mine(job).select_for_update().first()
            if held is None:
                raise LostLeaseError
            if held.is_cancelling:
                break
            results = _take_in(job, read.items, options)
            _keep(held, read, results, converter)
        if time.monotonic() > until:
            return _pause(job)
    cancelled = _is_cancelled(job)
    held = ImportJob.objects.get(pk=job.pk)
    return _finish(job, STATE.CANCELLED if cancelled else STATE.DONE, **({} if cancelled else {"total": held.position}))


def _is_cancelled(job: ImportJob) -> bool:
    return bool(_mine(job).filter(is_cancelling=True).exists())


def _take_in(job: ImportJob, items: list[Item], options: Options) -> list[Result]:
    """The chunk as a whole; where the database objects to one of its rows, one by one, and that row is refused."""
    try:
        with transaction.atomic():
            return bulk.take_in(
                actor=job.owner, kind=job.target, items=items, options=options, mentioned=partial(_mentioned, job)
            )
    except (IntegrityError, DataError, Refusal):
        return [_take_one(job, item, options) for item in items]


def _mentioned(job: ImportJob, companies: list[UUID]) -> set[UUID]:
    """Those of ``companies`` that this import made without having met their own row."""
    made = ImportedRecord.objects.filter(job=job, label="leads.company", record_id__in=companies, before=None)
    met = ImportRow.objects.filter(job=job, is_trial=False, record_id__in=companies)
    return set(made.values_list("record_id", flat=True)) - set(met.values_list("record_id", flat=True))


def _take_one(job: ImportJob, item: Item, options: Options) -> Result:
    try:
        with transaction.atomic():
            return bulk.take_in(
                actor=job.owner, kind=job.target, items=[item], options=options, mentioned=partial(_mentioned, job)
            )[0]
    except Refusal as refusal:
        return Result.refused(item.number, refusal)
    except (IntegrityError, DataError):
        return Result(
            item.number, "refused", code="does_not_fit", message=_("Another record stands in the way of this row.")
        )


def _keep(held: ImportJob, read: _Read, results: list[Result], converter: Converter) -> None:
    """Results, touched records and progress of a chunk, in its transaction."""
    rows = _rows(held, read, results, converter, is_trial=False)
    touched = (_record(held, touched) for result in results for touched in result.touched)
    with Copying() as copying:
        copying.records(rows)
        copying.rows(ImportedRecord, _TOUCHED, touched)
    for row in rows:
        setattr(held, row.outcome, getattr(held, row.outcome) + 1)
    held.position = read.rows[-1].number
    held.claimed_until = clock.now() + LEASE
    held.save(update_fields=[*COUNTED, "position", "claimed_until"])


def _rows(
    job: ImportJob, read: _Read, results: list[Result], converter: Converter, *, is_trial: bool
) -> list[ImportRow]:
    """One result row for each row of the chunk, in the file's order."""
    by_number = {result.number: result for result in results}
    rows = []
    for row in read.rows:
        fault, result = read.faults.get(row.number), by_number.get(row.number)
        kept = ImportRow(job_id=job.pk, is_trial=is_trial, number=row.number, line=row.line)
        if fault is not None:
            kept.outcome, kept.code, kept.message, kept.column = (
                "refused",
                fault.code,
                fault.message[:500],
                fault.column[:200],
            )
        elif result is not None:
            kept.outcome, kept.label, kept.record_id = (
                result.outcome,
                result.label,
                None if is_trial else result.record_id,
            )
            kept.code, kept.message = result.code, source.encodable(result.message)[:500]
            kept.column = converter.column_of(result.field_name)[:200]
        rows.append(kept)
    return rows


_TOUCHED = ("job_id", "label", "record_id", "version", "before")


def _record(job: ImportJob, touched: Touched) -> tuple[Any, ...]:
    before = None if touched.before is None else _plain(touched.before)
    return job.pk, touched.label, touched.record_id, touched.version, before


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON keeps them; ``take_out`` reads them back through their fields."""
    encoder = DjangoJSONEncoder()
    return {
        name: value if isinstance(value, str | int | bool | dict | list | None) else encoder.default(value)
        for name, value in values.items()
    }


# --- Rows out ----------------------------------------------------------------------------------------------------------


def _undo(job: ImportJob) -> None:
    """Newest kinds first, then the parts given to what was there before. What is done is struck off, so that this can resume."""
    done = job.undone or {"removed": 0, "restored": 0, "edited": 0, "in_use": 0}
    labels = [*GOING, "leads.dealline", "leads.phone", "leads.email", "leads.site"]
    for label in labels:
        while _undo_pass(job, label, done):
            pass
        stuck = list(ImportedRecord.objects.filter(job=job, label=label).values_list("record_id", flat=True).distinct())
        with transaction.atomic():
            done["in_use"] += len(stuck)
            _say_left(job, dict.fromkeys(stuck, "in_use"))
            ImportedRecord.objects.filter(job=job, label=label).delete()
            _hold(job, done)
    _finish(job, STATE.UNDONE, undone=done)


def _undo_pass(job: ImportJob, label: str, done: dict[str, int]) -> bool:
    """Once through a kind. True when another pass may find more: what is referred to goes after what refers to it."""
    last, went, stuck = UUID(int=0), 0, 0
    records = ImportedRecord.objects.filter(job=job, label=label)
    while keys := list(
        records.filter(record_id__gt=last)
        .order_by("record_id")
        .values_list("record_id", flat=True)
        .distinct()[:UNDO_CHUNK]
    ):
        last = keys[-1]
        with transaction.atomic():
            rows = list(records.filter(record_id__in=keys).order_by("pk"))
            touched = [Touched(row.label, row.record_id, row.version, row.before) for row in rows]
            out = bulk.take_out(actor=job.owner, label=label, touched=touched)
            waiting = {key for key, reason in out.left.items() if reason == "in_use"}
            edited = {key: reason for key, reason in out.left.items() if reason == "edited"}
            records.filter(record_id__in=set(keys) - waiting).delete()
            _say_left(job, edited)
            done["removed"] += len(out.removed)
            done["restored"] += len(out.restored)
            done["edited"] += len(edited)
            _hold(job, done)
            went, stuck = went + len(out.removed), stuck + len(waiting)
    return bool(went and stuck)


def _hold(job: ImportJob, done: dict[str, int]) -> None:
    if not _mine(job).update(undone=done, claimed_until=clock.now() + LEASE):
        raise LostLeaseError


def _say_left(job: ImportJob, left: dict[UUID, str]) -> None:
    """Name what stays, at its row."""
    words = {"edited": _("Left: somebody edited it since."), "in_use": _("Left: something refers to it.")}
    for reason, text in words.items():
        keys = [key for key, why in left.items() if why == reason]
        if keys:
            ImportRow.objects.filter(job=job, is_trial=False, record_id__in=keys).update(
                code=f"left_{reason}", message=text
            )
