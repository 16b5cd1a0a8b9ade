"""What an import says when it ends: rows that need somebody, and the file of all rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from crm.integrations.models import ImportJob, ImportRow
from crm.integrations.reading import source
from crm.integrations.reading.source import Settings
from crm.integrations.services import files
from crm.integrations.writing.safety import escape

HEADER = ("line", "outcome", "code", "message", "column", "record_id")


class _Line:
    """A file for ``csv.writer`` that only keeps the last line."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


def told(job: ImportJob) -> QuerySet[ImportRow]:
    """The rows with something to say: of the trial until there was a real run."""
    is_trial = job.state in (ImportJob.State.DRAFT, ImportJob.State.CHECKING, ImportJob.State.CHECKED)
    return ImportRow.objects.filter(job=job, is_trial=is_trial).exclude(code="").order_by("number")


def result_lines(job: ImportJob) -> Iterator[str]:
    """Every row of the file with what became of it before its own cells, as CSV; read side by side, with flat memory."""
    line = _Line()
    writer = csv.writer(line, lineterminator="\r\n")
    writer.writerow([*HEADER, *map(escape, job.columns)])
    yield "\ufeff" + line.text
    rows = source.read(files.location(job.path), Settings.from_json(job.settings), job.columns)
    outcomes = ImportRow.objects.filter(job=job, is_trial=False).order_by("number").iterator(chunk_size=2_000)
    for outcome, row in zip(outcomes, rows, strict=False):  # a stopped import has fewer outcomes than rows
        writer.writerow([*_said(outcome), *map(escape, row.cells)])
        yield line.text


def _said(row: ImportRow) -> list[Any]:
    return [row.line, row.outcome, row.code, escape(row.message), escape(row.column), row.record_id or ""]
