"""``manage.py compile_catalogues``: make the translations usable. Quick when nothing changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from crm.core import catalogues


class Command(BaseCommand):
    """Compiles every stale ``.po``; fails, naming the texts, on one that is fuzzy or broken."""

    help = "Compile the message catalogues that changed (no system gettext needed)."
    requires_system_checks: list[str] = []

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = catalogues.compile_stale()
        except catalogues.BrokenCatalogue as error:
            raise CommandError(str(error)) from error
        if options["verbosity"] > 1 or done:
            self.stdout.write(f"{len(done)} of {len(catalogues.files())} catalogues compiled.")
