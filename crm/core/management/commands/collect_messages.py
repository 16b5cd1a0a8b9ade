"""``manage.py collect_messages``: bring every catalogue up to the texts in the code and the templates."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from typing_extensions import override

from crm.core import catalogues


class Command(BaseCommand):
    """Adds new texts, keeps translations, drops what no code uses any more; says what still waits for a translation."""

    help = "Collect texts into each app's catalogues."
    requires_system_checks: list[str] = []

    @override
    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("apps", nargs="*", help="only these, named by their folder: crm/core accounts")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["apps"]
        for root in catalogues.roots():
            name = catalogues.short(root)
            if wanted and name not in wanted:
                continue
            for language in catalogues.languages():
                self._collect(root, language, name)

    def _collect(self, root: Any, language: str, name: str) -> None:
        changed = catalogues.collect(root, language)
        waiting = [
            m
            for m in catalogues.read(catalogues.catalogue_path(root, language), language)
            if m.id and not catalogues.is_translated(m)
        ]
        if changed or waiting:
            self.stdout.write(
                f"{name} {language}: {'updated' if changed else 'unchanged'}, {len(waiting)} to translate"
            )
