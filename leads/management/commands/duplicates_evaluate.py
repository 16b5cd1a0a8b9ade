"""Measure how well duplicates are found in files whose true pairs are known."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from leads.duplicates.evaluation import evaluate


class Command(BaseCommand):
    help = "Find duplicates in FILE (or across two) and compare with the known pairs. The last line is one JSON object."
    # Pure arithmetic on files: works without a database.
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="Records as CSV (gzip allowed).")
        parser.add_argument("--truth", type=Path, help="Pairs of ids; else ids like rec-7-org and rec-7-dup-0 tell.")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            measured = evaluate(options["files"], options["truth"])
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(measured))
