"""``import_file FILE --as companies --dry-run``: take a file in as a page would; one line of JSON comes last."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from accounts.models import Capability, User
from crm.core import context
from crm.core.errors import Refusal
from crm.integrations.models import ImportJob, ImportRow
from crm.integrations.models.imports import COUNTED
from crm.integrations.services import imports, running
from crm.integrations.targets import TARGETS

MOST_SHOWN = 50


class Command(BaseCommand):
    help = "Import a file (CSV, TSV, XLSX, XLS, ODS, vCard). Prints the report as one line of JSON last."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--as", dest="target", required=True, choices=list(TARGETS))
        parser.add_argument("--dry-run", action="store_true", help="try it out and write nothing")
        parser.add_argument(
            "--user", help="e-mail address of the person who imports; the first administrator otherwise"
        )
        parser.add_argument("--duplicates", choices=imports.DUPLICATES, default="update")
        parser.add_argument("--source", help="the system that the ids in the file come from")
        parser.add_argument("--country", default="", help="ISO code for telephone numbers and places without a country")
        parser.add_argument("--currency", default="EUR", help="of amounts that name none")
        parser.add_argument(
            "--map", action="append", default=[], metavar="COLUMN=FIELD", help="instead of the guess for a column"
        )

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        with context.acting(through="command import_file"):
            try:
                job = self._bring(self._person(options["user"]), options)
                self._work(job, dry_run=options["dry_run"])
            except Refusal as refusal:
                self.stdout.write(
                    json.dumps({"error": refusal.specific_code, "detail": str(refusal.detail), "read": 0})
                )
                raise CommandError(str(refusal.detail)) from refusal
        self.stdout.write(json.dumps(_report(job, dry_run=options["dry_run"]), ensure_ascii=False))

    def _person(self, email: str | None) -> User:
        people = User.objects.filter(is_active=True)
        person: User | None = (
            people.filter(email=email).first()
            if email
            else people.filter(capabilities__contains=[Capability.ADMINISTERS]).order_by("created_at").first()
        )
        if person is None:
            raise CommandError("There is no such person. Name one with --user.")
        return person

    def _bring(self, actor: User, options: dict[str, Any]) -> ImportJob:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"There is no file {path}.")
        with path.open("rb") as file:
            job = imports.bring_file(
                actor=actor, blocks=iter(lambda: file.read(1 << 20), b""), name=path.name, target=options["target"]
            )
        chosen = {name: options[name] for name in ("duplicates", "country", "currency")}
        chosen |= {"source": options["source"]} if options["source"] else {}
        mapping = dict(job.mapping)
        for pair in options["map"]:
            column, _sign, field = pair.partition("=")
            mapping = {other: name for other, name in mapping.items() if name != field or not field} | {column: field}
        return imports.change_import(actor=actor, import_id=job.pk, options=chosen, mapping=mapping)

    def _work(self, job: ImportJob, *, dry_run: bool) -> None:
        verb = imports.try_import if dry_run else imports.run_import
        verb(actor=job.owner, import_id=job.pk)
        while ImportJob.objects.filter(pk=job.pk, state__in=ImportJob.AT_WORK).exists():
            running.work_on(job.pk)
        job.refresh_from_db()
        if job.state == ImportJob.State.FAILED:
            raise CommandError(job.problem)


def _report(job: ImportJob, *, dry_run: bool) -> dict[str, Any]:
    """The numbers, how the file was read, and the first rows that did not come in."""
    counts: dict[str, Any] = job.trial if dry_run and job.trial else {"read": job.position, **job.counts}
    told = (
        ImportRow.objects.filter(job=job, is_trial=dry_run)
        .exclude(code="")
        .values("line", "outcome", "column", "code", "message")
    )
    return {
        "import": str(job.pk),
        "file": job.name,
        "as": job.target,
        "dry_run": dry_run,
        "read": counts["read"],
        **{name: counts[name] for name in COUNTED},
        "settings": job.settings,
        "mapping": job.mapping,
        "left_out": [column for column in job.columns if column not in job.mapping],
        "options": job.options,
        "rows": list(told[:MOST_SHOWN]),
    }
