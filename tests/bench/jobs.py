"""Long work: a file taken in, all leads scored again. Run last: it changes the data."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from crm.integrations.models import ImportJob
from crm.integrations.services import imports, running
from leads.models import Lead
from leads.services import scoring
from tests.bench.measure import Run
from tests.bench.world import World, run_sql
from tests.bench.writes import enquiry

TITLE = "Long work"


def runs(world: World, rows: int) -> list[Run]:
    return [*_imports(world, rows), *_scoring(world)]


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


# --- Import -----------------------------------------------------------------------------------------------------------


def _imports(world: World, rows: int) -> list[Run]:
    """100,000 rows in 60 s: validated, looked up, written with search words, duplicate keys and scores that are due."""
    file, admin = _file(rows), world.people["admin"]
    raw = _timed(lambda: _copied(file))
    made = []
    for work in ("import leads from CSV, all new", "the same file again, nothing new"):
        job = imports.bring_file(actor=admin, blocks=iter([file]), name="bench.csv", target="leads")
        job = imports.change_import(actor=admin, import_id=job.pk, options={"source": "bench"}, mapping=job.mapping)
        imports.run_import(actor=admin, import_id=job.pk)
        seconds = _timed(lambda job=job: _work(job))
        job.refresh_from_db()
        note = ", ".join(f"{name} {count:,}" for name, count in job.counts.items() if count)
        assert job.state == ImportJob.State.DONE, (job.state, job.problem)
        made.append(Run(work, rows, seconds, raw, least=100_000 / 60, note=note))
    return made


def _work(job: ImportJob) -> None:
    while ImportJob.objects.filter(pk=job.pk, state__in=ImportJob.AT_WORK).exists():
        running.work_on(job.pk)


def _file(rows: int) -> bytes:
    """People nobody knows, one in three from a company seen before, each with an id of the other system."""
    text = io.StringIO()
    writer: Any = None
    company = ""
    for number, said in enumerate(enquiry() for _ in range(rows)):
        company = company if number % 3 == 2 else said["company_name"]
        row = said | {"company_name": company, "external_id": f"B{said['last_name'][8:]}"}
        if writer is None:
            writer = csv.DictWriter(text, fieldnames=list(row))
            writer.writeheader()
        writer.writerow(row)
    return text.getvalue().encode()


def _copied(file: bytes) -> None:
    """The floor: the file as it is, into a table without an index."""
    with transaction.atomic(), connection.cursor() as cursor:
        names = file.split(b"\n", 1)[0].decode().strip().split(",")
        cursor.execute(f"CREATE TEMP TABLE brought ({', '.join(f'{name} text' for name in names)}) ON COMMIT DROP")
        with cursor.copy("COPY brought FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(file)


# --- Scoring ----------------------------------------------------------------------------------------------------------


def _scoring(world: World) -> Iterator[Run]:
    total = Lead.objects.count()
    raw = _timed(_rescored)
    order = scoring.score_all(actor=world.people["admin"])

    def all_of_them() -> None:
        while scoring.carry_on(order.pk):
            pass

    first = _timed(all_of_them)
    yield Run("score all leads, none scored yet", total, first, raw, least=1_000_000 / 120)
    order = scoring.score_all(actor=world.people["admin"])
    yield Run("score all leads again, little changed", total, _timed(all_of_them), raw, least=1_000_000 / 120)


def _rescored() -> None:
    """The floor: one UPDATE of three columns of every lead, taken back."""
    with transaction.atomic():
        run_sql("UPDATE leads_leadscore SET fit = 50, engagement = 50, total = 50, at = now()")
        transaction.set_rollback(True)


def table(runs: Sequence[Run]) -> str:
    """A Markdown table; misses are marked, never hidden."""
    lines = ["| work | rows | raw SQL, s | Tandem, s | rows/s | verdict | counts |", "|---|---|---|---|---|---|---|"]
    for run in runs:
        raw = f"{run.raw:.2f}" if run.raw is not None else ""
        lines.append(
            f"| {run.work} | {run.rows:,} | {raw} | {run.seconds:.1f} | {run.rate:,.0f} | {run.verdict} | {run.note} |"
        )
    return "\n".join(lines)
