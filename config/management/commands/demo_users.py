"""``manage.py demo_users``: who can sign in to the demo organisation, and with what."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from config.demo import load


class Command(BaseCommand):
    help = "List the demo people with password and API key. Nothing is listed without a demo organisation."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON list instead of a table.")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        rows = load.listing()
        if options["json"]:
            self.stdout.write(json.dumps(rows))
            return
        for row in rows:
            self.stdout.write(f"{row['email']:24} {row['password']:12} {row['role']:14} {row['team'] or '-'}")
