"""What a worker does for this app, and the sweeps that find it when nobody rang."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from typing_extensions import override

from crm.core import clock, sweeps, work
from crm.integrations.models import ExportJob, ImportJob
from crm.integrations.services import exporting, files, running

# The bell comes first: a sweep in between would only hold up the other sweeps.
GRACE = timedelta(seconds=5)


@work.job(running.JOB)
def work_on_import(import_id: str) -> None:
    running.work_on(import_id)


@work.job(exporting.JOB)
def work_on_export(export_id: str) -> None:
    exporting.work_on(export_id)


class _Takeover(sweeps.Sweep):
    """Work that nobody does: its bell was not heard, or its worker is gone and its lease over."""

    every = timedelta(seconds=5)
    late_after = timedelta(minutes=5)
    batch = 1
    most_batches = 1

    @override
    def _run_locked(self, key: Any) -> int:
        return int(self.work_on(key))  # claims by itself; no lock is held over the work

    def work_on(self, key: Any) -> bool:
        raise NotImplementedError

    @override
    def run_one(self, row: Any) -> None:
        self.work_on(row.pk)


@sweeps.register
class WorkOnImports(_Takeover):
    name = "integrations.work_on_imports"
    model = ImportJob

    @override
    def due(self, now: datetime) -> QuerySet[ImportJob]:
        return ImportJob.objects.due(now).filter(due_at__lte=now - GRACE)

    @override
    def work_on(self, key: Any) -> bool:
        return running.work_on(key)


@sweeps.register
class WorkOnExports(_Takeover):
    name = "integrations.work_on_exports"
    model = ExportJob

    @override
    def due(self, now: datetime) -> QuerySet[ExportJob]:
        return ExportJob.objects.due(now).filter(due_at__lte=now - GRACE)

    @override
    def work_on(self, key: Any) -> bool:
        return exporting.work_on(key)


@sweeps.register
class ForgetExports(sweeps.Sweep):
    """Files that were to be fetched are gone after their days: they hold many people's data."""

    name = "integrations.forget_exports"
    model = ExportJob
    every = timedelta(minutes=10)
    late_after = timedelta(hours=6)
    due_column = "expires_at"

    @override
    def due(self, now: datetime) -> QuerySet[ExportJob]:
        return ExportJob.objects.expired(now)

    @override
    def run_one(self, row: ExportJob) -> None:
        files.remove(row.path)
        ExportJob.objects.filter(pk=row.pk).update(state=ExportJob.State.EXPIRED, path="", updated_at=clock.now())
