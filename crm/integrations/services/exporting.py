"""Exports: asked for, made by a worker, fetched by who asked, gone after a week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import User
from crm.core import clock, ids, journal, policy, work
from crm.core.errors import Conflict, Invalid, NotFound
from crm.integrations import lists
from crm.integrations.lists import Exportable
from crm.integrations.models import ExportJob
from crm.integrations.policies import WRITE_EXPORTS
from crm.integrations.services import files
from crm.integrations.writing import tables

log = structlog.get_logger(__name__)

JOB = "integrations.work_on_export"
FOLDER = "outgoing"
KEPT = timedelta(days=7)
LEASE = timedelta(seconds=60)
AT_ONCE = 1_000
STATE = ExportJob.State
FILTERS = frozenset({"ids", "owner"})


def request_export(
    *, actor: User, kind: str, format: str = "csv", filters: dict[str, Any] | None = None, export_id: UUID | None = None  # noqa: A002 (the API's word)
) -> ExportJob:  # fmt: skip
    """Ask for a list as a file. Raises ``Invalid`` for an unknown list, format or filter, ``Forbidden`` for one not seen."""
    policy.require(actor, WRITE_EXPORTS)
    exportable = lists.get_list(kind)
    if exportable is None:
        known = ", ".join(each.name for each in lists.exportables())
        raise Invalid(_("Choose from: %(choices)s.") % {"choices": known}, field="kind", code="unknown_choice")
    policy.require(actor, exportable.act)
    if format not in tables.WRITERS:
        raise Invalid(
            _("Choose from: %(choices)s.") % {"choices": ", ".join(tables.WRITERS)},
            field="format",
            code="unknown_choice",
        )
    if unknown := set(filters or {}) - FILTERS:
        raise Invalid(
            _("There is no filter “%(name)s”.") % {"name": min(unknown)}, field="filters", code="unknown_filter"
        )
    if export_id is not None and (known_job := ExportJob.objects.visible_to(actor).filter(pk=export_id).first()):
        return known_job
    with transaction.atomic():
        job = ExportJob.objects.create(
            id=export_id or ids.uuid7(),
            owner=actor,
            kind=kind,
            format=format,
            filters=filters or {},
            due_at=clock.now(),
        )
        journal.record(actor=actor, event="export.requested", instance=job, changes={"kind": (None, kind)})
        work.enqueue(JOB, job.pk)
    return job


def cancel_export(*, actor: User, export_id: UUID) -> ExportJob:
    with transaction.atomic():
        policy.require(actor, WRITE_EXPORTS)
        job: ExportJob = policy.get_visible(ExportJob.objects.select_for_update(of=("self",)), actor, pk=export_id)
        if job.state != STATE.RUNNING:
            raise Conflict(_("This export is: %(state)s.") % {"state": job.get_state_display()}, code="wrong_state")
        job.state = STATE.CANCELLED
        job.save_version(fields=["state"])
        return job


def file_of(*, actor: User, export_id: UUID) -> ExportJob:
    """An export that is there to be fetched. Each fetch is in the journal: it takes data out of the house."""
    job: ExportJob = policy.get_visible(ExportJob.objects.all(), actor, pk=export_id)
    if job.state != STATE.DONE or not files.location(job.path).exists():
        raise NotFound
    with transaction.atomic():
        journal.record(actor=actor, event="export.fetched", instance=job)
    return job


def work_on(export_id: UUID | str) -> bool:
    """Make the file if it is due. Begins anew after a crash: a half-written file is worth nothing."""
    with transaction.atomic():
        now = clock.now()
        rows = ExportJob.objects.due(now).filter(pk=export_id).select_related("owner")
        job = rows.select_for_update(skip_locked=True, of=("self",)).first()
        if job is None:
            return False
        job.attempt += 1
        ExportJob.objects.filter(pk=job.pk).update(attempt=job.attempt, claimed_until=now + LEASE)
    try:
        with translation.override(job.owner.language):
            _write(job)
    except Exception:
        log.exception("export_failed", item=str(job.pk))
        _mine(job).update(state=STATE.FAILED, problem=_("The file could not be made."), finished_at=clock.now())
        raise
    return True


def _mine(job: ExportJob) -> QuerySet[ExportJob]:
    return ExportJob.objects.filter(pk=job.pk, attempt=job.attempt, state=STATE.RUNNING)


def _write(job: ExportJob) -> None:
    exportable = lists.get_list(job.kind)
    if exportable is None or not policy.may(job.owner, exportable.act):
        _mine(job).update(state=STATE.FAILED, problem=_("You may not see this list any more."), finished_at=clock.now())
        return
    rows = exportable.rows(job.owner, job.filters)
    total = rows.order_by().count()
    if job.format == "xlsx" and total > tables.XLSX_ROWS:
        _mine(job).update(
            state=STATE.FAILED, problem=_("A sheet has room for 1,048,575 rows. Take CSV."), finished_at=clock.now()
        )
        return
    path = f"{FOLDER}/{job.pk}.{job.format}"
    target = files.location(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    columns = exportable.columns()
    done = 0
    with tables.open_table(part, job.format, [name for name, _value in columns]) as table:
        for chunk in _portions(exportable, rows):
            for row in chunk:
                table.write([value(row) for _name, value in columns])
            done += len(chunk)
            if not _mine(job).update(rows_done=done, rows_total=max(total, done), claimed_until=clock.now() + LEASE):
                part.unlink(missing_ok=True)
                return
    part.rename(target)
    now = clock.now()
    _mine(job).update(
        state=STATE.DONE, path=path, size=target.stat().st_size, rows_done=done, rows_total=done, finished_at=now,
        expires_at=now + KEPT, updated_at=now, version=F("version") + 1,
    )  # fmt: skip


def _portions(exportable: Exportable, rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """All rows by their ids, some at a time: flat memory, no long transaction, and rows made meanwhile come too."""
    last = UUID(int=0)
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        yield chunk
        last = chunk[-1].pk
